#include "client/policy_file.h"
#include "client/cli.h"

enum sr_err policy_read_signed(const char *path, struct policy_signed *ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) canonical = { 0 };
    SR_TRY(cli_read_file(path, POLICY_SIGNED_MAX, &text, why));
    SR_TRY(json_canonical(buf_span(&text), &canonical, why));
    if (policy_signed_parse(buf_span(&canonical), ret, NULL) == SR_OK)
        return SR_OK;
    SR_TRY(policy_parse(buf_span(&canonical), &ret->policy, why));
    ret->sigs.n = 0;
    return SR_OK;
}

enum sr_err policy_read_file(const char *path, struct policy **ret, struct sr_why *why)
{
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(policy_read_signed(path, &s, why));
    *ret = policy_ref(s.policy);
    return SR_OK;
}
