#include "proto/kbs_parts.h"

#include "crypto/text.h"

#include <string.h>

enum sr_err kbs_policy_read(struct span body, struct buf *ret_text, struct sr_why *why)
{
    struct span policy = { 0 };
    const struct jf_member m[] = { { "policy", &policy } };
    SR_TRY(json_foreign_check(body, why));
    if (!jf_members(body, m, 1) || !jf_plain(policy, &policy) || base64url_read(policy, ret_text) != SR_OK)
        return kbs_bad(why, "no policy in base64url");
    return SR_OK;
}

/* SHA-256 of the texts that kbs-client uploads by itself, by release. */
static const struct {
    const char *sha256;
    enum kbs_builtin what;
} builtins[] = {
    { "65e44d6ed8635ff231bae649fb747c1d310c32969d52342e612d6a3997a208b1", KBS_ALLOW_ALL },
    { "b3861e9e9b8a2fa695e43afe1518b5d49825a84ac2c7b341e3b46ca9d576ed6e", KBS_ALLOW_ALL },
    { "1dcb1fc7f5e461db45d9bf4386eb3c9ab6002392317b73dd74e8cdd2948ab124", KBS_DENY_ALL },
    { "f1fb88b65a28f888a9278dc294534afccffca13064729844b61ca61f69f3f1cf", KBS_DENY_ALL },
    { "499ca0280c1ed8f13aa335c3cddab4fbf6952eefa383a49cf77968a6b0fe6c60", KBS_DEFAULT },
    { "f445611d69a5d7b501f1c59139aa7608ffa779ab51db8a7a4b750b6fa6c603c1", KBS_AFFIRMING },
};

enum kbs_builtin kbs_builtin_find(struct span text)
{
    char hex[65];
    struct sha256 h = sha256(text);
    hex_text(SPAN(h.b), hex);
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (strcmp(hex, builtins[i].sha256) == 0)
            return builtins[i].what;
    return KBS_NOT_BUILTIN;
}

const char *kbs_builtin_name(enum kbs_builtin b)
{
    static const char *const names[] = { [KBS_NOT_BUILTIN] = "none of kbs-client's own",
                                         [KBS_ALLOW_ALL] = "allow-all",
                                         [KBS_DENY_ALL] = "deny-all",
                                         [KBS_DEFAULT] = "default",
                                         [KBS_AFFIRMING] = "affirming" };
    return names[b];
}
