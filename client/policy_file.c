#include "client/policy_file.h"
#include "client/cli.h"
#include "proto/policy_explain.h"

enum sr_err policy_read_file(const char *path, struct policy **ret, struct sr_why *why)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(buf) document = { 0 };
    SR_OWN(policy_signed) s = { 0 };
    SR_TRY(cli_read_file(path, POLICY_SIGNED_MAX, &text, why));
    if (policy_signed_parse(buf_span(&text), &s, NULL) == SR_OK) {
        *ret = policy_ref(s.policy);
        return SR_OK;
    }
    SR_TRY(policy_draft(buf_span(&text), &document, why));
    return policy_parse(buf_span(&document), ret, why);
}
