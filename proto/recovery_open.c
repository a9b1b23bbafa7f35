/* A holder opens their share. */
#include "proto/recovery_wrap.h"

size_t recovery_place(const struct recovery_of *of, const struct holder *holder)
{
    size_t i = 0;
    while (i < of->holders->n && holder_cmp(&of->holders->v[i], holder) != 0)
        i++;
    return i;
}

/* A seed says not whose it is: the package that it opens does. */
static enum sr_err open_some_place(const struct recovery_set *s, const struct recovery_of *of,
                                   const struct holder_secret *me, struct share *ret, struct sr_why *why)
{
    enum sr_err e = sr_fail(why, SR_EDENIED, R_RECOVERY_HOLDER, "the record has no RSA holder");
    for (size_t i = 0; i < of->holders->n && e != SR_OK; i++)
        if (holder_is_rsa(&of->holders->v[i]))
            e = recovery_wrap_open_share(s, of, i, me, ret, why);
    return e;
}

static enum sr_err open_own_place(const struct recovery_set *s, const struct recovery_of *of,
                                  const struct holder_secret *me, struct share *ret, struct sr_why *why)
{
    struct holder who;
    size_t n = of->holders->n, i = holder_secret_pub(me, &who) == SR_OK ? recovery_place(of, &who) : n;
    if (i == n)
        return sr_fail(why, SR_EDENIED, R_RECOVERY_HOLDER,
                       "this key is none of the record's recovery holders");
    return recovery_wrap_open_share(s, of, i, me, ret, why);
}

enum sr_err recovery_open_share(const struct recovery_set *s, const struct recovery_of *of,
                                const struct holder_secret *holder, struct share *ret, struct sr_why *why)
{
    SR_OWN(share) share = { 0 };
    SR_TRY(holder->kind == HOLDER_SECRET_SEED ? open_some_place(s, of, holder, &share, why)
                                              : open_own_place(s, of, holder, &share, why));
    SR_TRY(recovery_check_share(s, of, &share, why));
    *ret = share;
    return SR_OK;
}
