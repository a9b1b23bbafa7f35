#include "proto/claims.h"
#include "proto/policy.h"
#include "tests/t.h"

#include <pthread.h>
#include <stdlib.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES  "1111111111111111111111111111111111111111111111111111111111111111"

#define HALF          "11111111111111111111111111111111"
#define HEAD          "{'member':'" HALF "','root':'" ONES "','size':1}"
#define WITNESS       "witness.example/w1+09dcf0bd+BAu8NGpXZnw4ASC9nH/X5R0sX9/qN80vW/QFssa/by14"
#define WITNESS_AGAIN "witness.example/w2+f27e25ab+BAu8NGpXZnw4ASC9nH/X5R0sX9/qN80vW/QFssa/by14"
#define LOG_KEY       "witness.example/w1+bc685db9+AQu8NGpXZnw4ASC9nH/X5R0sX9/qN80vW/QFssa/by14"

/* Documents are written here with ' for ", in any order, and made canonical. */
static const char base[] =
    "{'version':1,'number':1,'previous':'" ZEROS "','min_epoch':1,'channel_binding':'optional',"
    "'ak_cert_max_age':3600,'vendor_ak_roots':['" ONES "'],"
    "'join':[{'name':'members','type':'tpm','where':[{'claim':'code','op':'eq','value':'aa'}]}],"
    "'release':[{'name':'web','type':'tpm','tenant':'acme','keys':['app/*'],'usages':['raw','secret'],"
    "'where':[{'claim':'code','op':'in','value':['aa','bb']}]}],"
    "'tenants':[{'name':'acme','admins':['" ONES "'],'max_secrets':10,'max_bytes':1000}]}";

static void quoted(struct buf *b, const char *text)
{
    for (; *text; text++)
        wr_u8(b, *text == '\'' ? '"' : (uint8_t)*text);
}

/* The base with one piece of it replaced. */
static void edited(struct buf *b, const char *find, const char *replace)
{
    const char *at = strstr(base, find);
    T_ROW(at != NULL, find);
    SR_OWN(buf) head = { 0 };
    wr_span(&head, (struct span){ (const uint8_t *)base, (size_t)(at - base) });
    wr_u8(&head, 0);
    quoted(b, (const char *)head.p);
    quoted(b, replace);
    quoted(b, at + strlen(find));
}

static enum sr_err parse(struct span text, struct policy **ret, struct sr_why *why)
{
    SR_OWN(buf) document = { 0 };
    SR_TRY(json_canonical(text, &document, why));
    return policy_parse(buf_span(&document), ret, why);
}

static struct policy *base_policy(const char *find, const char *replace)
{
    SR_OWN(buf) text = { 0 };
    struct policy *p = NULL;
    edited(&text, find, replace);
    T_ROW(parse(buf_span(&text), &p, NULL) == SR_OK, replace);
    return p;
}

static const struct parse_row {
    const char *label, *find, *replace;
    enum sr_reason want;
} parse_rows[] = {
    { "as it is", "", "", R_NONE },
    { "without the optional members", "'ak_cert_max_age':3600,'vendor_ak_roots':['" ONES "'],", "", R_NONE },
    { "no vendor roots", "['" ONES "'],'join'", "[],'join'", R_NONE },
    { "binding required", "'optional'", "'required'", R_NONE },
    { "an effect", "'type':'tpm'", "'effect':'deny','type':'tpm'", R_NONE },
    { "a later one", "'number':1,'previous':'" ZEROS, "'number':2,'previous':'" ONES, R_NONE },
    { "largest number", "'number':1,'previous':'" ZEROS, "'number':9007199254740991,'previous':'" ONES,
      R_NONE },

    { "version 2", "'version':1", "'version':2", R_POLICY_FORMAT },
    { "version as text", "'version':1", "'version':'1'", R_JSON_MEMBER },
    { "no version", "'version':1,", "", R_JSON_MEMBER },
    { "unknown member", "'version':1", "'version':1,'x':1", R_JSON_MEMBER },
    { "another case", "'version'", "'Version'", R_JSON_MEMBER },
    { "number 0", "'number':1", "'number':0", R_POLICY_FORMAT },
    { "first with a previous", ZEROS, ONES, R_POLICY_FORMAT },
    { "second without a previous", "'number':1", "'number':2", R_POLICY_FORMAT },
    { "previous too short", ZEROS, "00", R_JSON_MEMBER },
    { "no previous", "'previous':'" ZEROS "',", "", R_JSON_MEMBER },
    { "epoch 0", "'min_epoch':1", "'min_epoch':0", R_POLICY_FORMAT },
    { "no epoch", "'min_epoch':1,", "", R_JSON_MEMBER },
    { "epoch as text", "'min_epoch':1", "'min_epoch':'1'", R_JSON_MEMBER },
    { "negative epoch", "'min_epoch':1", "'min_epoch':-1", R_JSON_SYNTAX },
    { "epoch of 2^53", "'min_epoch':1", "'min_epoch':9007199254740992", R_JSON_SYNTAX },
    { "destroys nothing", "'min_epoch':1", "'destroy_before':1,'min_epoch':1", R_NONE },
    { "destroys what counts no more", "'min_epoch':1", "'destroy_before':3,'min_epoch':3", R_NONE },
    { "destroys what counts", "'min_epoch':1", "'destroy_before':4,'min_epoch':3", R_POLICY_FORMAT },
    { "destroys before 0", "'min_epoch':1", "'destroy_before':0,'min_epoch':3", R_POLICY_FORMAT },
    { "destroys as text", "'min_epoch':1", "'destroy_before':'2','min_epoch':3", R_JSON_MEMBER },
    { "binding of another word", "'optional'", "'maybe'", R_POLICY_FORMAT },
    { "no binding", "'channel_binding':'optional',", "", R_JSON_MEMBER },
    { "AK age too small", "3600", "59", R_POLICY_FORMAT },
    { "AK age least", "3600", "60", R_NONE },
    { "AK age most", "3600", "604800", R_NONE },
    { "AK age too large", "3600", "604801", R_POLICY_FORMAT },
    { "root of 31 bytes", "'vendor_ak_roots':['" ONES, "'vendor_ak_roots':['1111", R_POLICY_FORMAT },
    { "root that is a number", "'vendor_ak_roots':['" ONES "'", "'vendor_ak_roots':[1", R_POLICY_FORMAT },
    { "machines listed", "'version':1",
      "'version':1,'hardware':[{'id':'" ONES "','name':'a'},{'id':'" ZEROS "','name':'a'}]", R_NONE },
    { "no machine listed", "'version':1", "'version':1,'hardware':[]", R_NONE },
    { "a machine twice", "'version':1",
      "'version':1,'hardware':[{'id':'" ONES "','name':'a'},{'id':'" ONES "','name':'b'}]", R_POLICY_FORMAT },
    { "a machine without a name", "'version':1", "'version':1,'hardware':[{'id':'" ONES "'}]",
      R_JSON_MEMBER },
    { "a machine without an id", "'version':1", "'version':1,'hardware':[{'name':'a'}]", R_JSON_MEMBER },
    { "a machine of a bad id", "'version':1", "'version':1,'hardware':[{'id':'x" ONES "','name':'a'}]",
      R_POLICY_FORMAT },
    { "a machine of a bad name", "'version':1", "'version':1,'hardware':[{'id':'" ONES "','name':'A'}]",
      R_POLICY_FORMAT },
    { "a machine of a short id", "'version':1", "'version':1,'hardware':[{'id':'11','name':'a'}]",
      R_POLICY_FORMAT },
    { "a machine that is a text", "'version':1", "'version':1,'hardware':['" ONES "']", R_JSON_MEMBER },
    { "keys for a while", "'keys':['app/*']", "'keys':['app/*'],'lease':10", R_NONE },
    { "keys for too short a while", "'keys':['app/*']", "'keys':['app/*'],'lease':9", R_POLICY_FORMAT },
    { "keys for no time", "'keys':['app/*']", "'keys':['app/*'],'lease':0", R_POLICY_FORMAT },
    { "keys for too long", "'keys':['app/*']", "'keys':['app/*'],'lease':2592001", R_POLICY_FORMAT },
    { "a tenant's keys for a while", "'max_bytes':1000", "'max_bytes':1000,'lease':2592000", R_NONE },
    { "a tenant's keys for a word", "'max_bytes':1000", "'max_bytes':1000,'lease':'1'", R_POLICY_FORMAT },
    { "a lease in a join rule", "'name':'members'", "'name':'members','lease':10", R_JSON_MEMBER },
    { "a lease", "'version':1", "'version':1,'member_lease':5", R_NONE },
    { "the longest lease", "'version':1", "'version':1,'member_lease':86400,'lease_quorum':1023", R_NONE },
    { "a lease too short", "'version':1", "'version':1,'member_lease':4", R_POLICY_FORMAT },
    { "a lease too long", "'version':1", "'version':1,'member_lease':86401", R_POLICY_FORMAT },
    { "a lease of nothing", "'version':1", "'version':1,'member_lease':0", R_POLICY_FORMAT },
    { "a lease as text", "'version':1", "'version':1,'member_lease':'60'", R_POLICY_FORMAT },
    { "a quorum alone", "'version':1", "'version':1,'lease_quorum':1", R_POLICY_FORMAT },
    { "a quorum of nobody", "'version':1", "'version':1,'lease_quorum':0,'member_lease':60",
      R_POLICY_FORMAT },
    { "a quorum of too many", "'version':1", "'version':1,'lease_quorum':1024,'member_lease':60",
      R_POLICY_FORMAT },
    { "a key expelled", "'version':1", "'version':1,'expelled':[{'name':'a','key':'" ONES "'}]", R_NONE },
    { "a machine expelled", "'version':1", "'version':1,'expelled':[{'name':'a','hardware':'" ONES "'}]",
      R_NONE },
    { "both expelled", "'version':1",
      "'version':1,'expelled':[{'name':'a','hardware':'" ONES "','key':'" ONES "'}]", R_NONE },
    { "nobody expelled", "'version':1", "'version':1,'expelled':[]", R_NONE },
    { "neither expelled", "'version':1", "'version':1,'expelled':[{'name':'a'}]", R_POLICY_FORMAT },
    { "expelled without a name", "'version':1", "'version':1,'expelled':[{'key':'" ONES "'}]",
      R_JSON_MEMBER },
    { "expelled of a bad name", "'version':1", "'version':1,'expelled':[{'name':'A','key':'" ONES "'}]",
      R_POLICY_FORMAT },
    { "expelled key too short", "'version':1", "'version':1,'expelled':[{'name':'a','key':'11'}]",
      R_JSON_MEMBER },
    { "expelled machine empty", "'version':1",
      "'version':1,'expelled':[{'name':'a','key':'" ONES "','hardware':''}]", R_POLICY_FORMAT },
    { "expelled machine too short", "'version':1",
      "'version':1,'expelled':[{'name':'a','hardware':'111111111111111111111111111111'}]", R_POLICY_FORMAT },
    { "expelled machine of an odd length", "'version':1",
      "'version':1,'expelled':[{'name':'a','hardware':'" ONES "1'}]", R_POLICY_FORMAT },
    { "expelled machine in capitals", "'version':1",
      "'version':1,'expelled':[{'name':'a','hardware':'AA" ONES "'}]", R_POLICY_FORMAT },
    { "expelled machine of 128 digits", "'version':1",
      "'version':1,'expelled':[{'name':'a','hardware':'" ONES ONES "'}]", R_NONE },
    { "expelled machine of 130 digits", "'version':1",
      "'version':1,'expelled':[{'name':'a','hardware':'" ONES ONES "11'}]", R_JSON_MEMBER },
    { "expelled with more", "'version':1", "'version':1,'expelled':[{'name':'a','key':'" ONES "','x':1}]",
      R_JSON_MEMBER },
    { "expelled a text", "'version':1", "'version':1,'expelled':['" ONES "']", R_JSON_MEMBER },
    { "joins frozen", "'version':1", "'version':1,'frozen':['join']", R_NONE },
    { "nothing frozen", "'version':1", "'version':1,'frozen':[]", R_NONE },
    { "frozen twice", "'version':1", "'version':1,'frozen':['join','join']", R_POLICY_FORMAT },
    { "frozen what nobody knows", "'version':1", "'version':1,'frozen':['joins']", R_POLICY_FORMAT },
    { "frozen a number", "'version':1", "'version':1,'frozen':[1]", R_POLICY_FORMAT },
    { "frozen as text", "'version':1", "'version':1,'frozen':'join'", R_JSON_MEMBER },
    { "witnesses", "'version':1", "'version':1,'witnesses':{'need':1}", R_NONE },
    { "witnesses, all of it", "'version':1",
      "'version':1,'witnesses':{'need':15,'outside':['" WITNESS "'],'restart':15,'wait_ms':60000}", R_NONE },
    { "no need", "'version':1", "'version':1,'witnesses':{}", R_JSON_MEMBER },
    { "need of 0", "'version':1", "'version':1,'witnesses':{'need':0}", R_POLICY_FORMAT },
    { "need of 16", "'version':1", "'version':1,'witnesses':{'need':16}", R_POLICY_FORMAT },
    { "need as text", "'version':1", "'version':1,'witnesses':{'need':'1'}", R_JSON_MEMBER },
    { "restart of 0", "'version':1", "'version':1,'witnesses':{'need':1,'restart':0}", R_NONE },
    { "restart of 16", "'version':1", "'version':1,'witnesses':{'need':1,'restart':16}", R_POLICY_FORMAT },
    { "wait too short", "'version':1", "'version':1,'witnesses':{'need':1,'wait_ms':99}", R_POLICY_FORMAT },
    { "wait too long", "'version':1", "'version':1,'witnesses':{'need':1,'wait_ms':60001}", R_POLICY_FORMAT },
    { "a witness twice", "'version':1",
      "'version':1,'witnesses':{'need':1,'outside':['" WITNESS "','" WITNESS "']}", R_POLICY_FORMAT },
    { "a witness by another name", "'version':1",
      "'version':1,'witnesses':{'need':1,'outside':['" WITNESS "','" WITNESS_AGAIN "']}", R_POLICY_FORMAT },
    { "a log's key as witness", "'version':1", "'version':1,'witnesses':{'need':1,'outside':['" LOG_KEY "']}",
      R_POLICY_FORMAT },
    { "a witness that is a number", "'version':1", "'version':1,'witnesses':{'need':1,'outside':[1]}",
      R_POLICY_FORMAT },
    { "heads", "'version':1", "'version':1,'witnesses':{'need':1,'heads':[" HEAD "]}", R_NONE },
    { "no heads", "'version':1", "'version':1,'witnesses':{'need':1,'heads':[]}", R_NONE },
    { "a head twice", "'version':1", "'version':1,'witnesses':{'need':1,'heads':[" HEAD "," HEAD "]}",
      R_POLICY_FORMAT },
    { "a head without size", "'version':1",
      "'version':1,'witnesses':{'need':1,'heads':[{'member':'" HALF "','root':'" ONES "'}]}", R_JSON_MEMBER },
    { "a head of half a member", "'version':1",
      "'version':1,'witnesses':{'need':1,'heads':[{'member':'11','root':'" ONES "','size':1}]}",
      R_JSON_MEMBER },
    { "a head that is a text", "'version':1", "'version':1,'witnesses':{'need':1,'heads':['x']}",
      R_JSON_MEMBER },
    { "witnesses unknown member", "'version':1", "'version':1,'witnesses':{'need':1,'x':1}", R_JSON_MEMBER },
    { "witnesses a list", "'version':1", "'version':1,'witnesses':[1]", R_JSON_MEMBER },
    { "no join list", "'join':[", "'joins':[", R_JSON_MEMBER },
    { "join list is an object", "'join':[{", "'join':{},'x':[{", R_JSON_MEMBER },
    { "rule is a text", "'join':[", "'join':['x',", R_JSON_MEMBER },

    { "rule without where", ",'where':[{'claim':'code','op':'eq','value':'aa'}]", "", R_JSON_MEMBER },
    { "empty where", "[{'claim':'code','op':'eq','value':'aa'}]", "[]", R_POLICY_FORMAT },
    { "rule without name", "'name':'members',", "", R_JSON_MEMBER },
    { "rule without type", "'type':'tpm','where':[{'claim':'code','op':'eq'",
      "'where':[{'claim':'code','op':'eq'", R_JSON_MEMBER },
    { "empty name", "'members'", "''", R_POLICY_FORMAT },
    { "name with a space", "'members'", "'a b'", R_POLICY_FORMAT },
    { "name with a line end", "'members'", "'a\\nb'", R_JSON_MEMBER },
    { "name too long", "'members'", "'" ONES "1'", R_JSON_MEMBER },
    { "type with a capital", "'tpm'", "'TPM'", R_POLICY_FORMAT },
    { "effect of another word", "'type':'tpm'", "'effect':'drop','type':'tpm'", R_POLICY_FORMAT },
    { "tenant in a join rule", "'type':'tpm'", "'tenant':'acme','type':'tpm'", R_JSON_MEMBER },
    { "the same name twice", "'join':[",
      "'join':[{'name':'members','type':'tpm','where':[{'claim':'a','op':'same'}]},", R_POLICY_FORMAT },

    { "name with a capital first", "'members'", "'Members'", R_POLICY_FORMAT },
    { "release without name", "'name':'web',", "", R_JSON_MEMBER },
    { "release without type", "'type':'tpm','tenant'", "'tenant'", R_JSON_MEMBER },
    { "release without where", ",'where':[{'claim':'code','op':'in','value':['aa','bb']}]", "",
      R_JSON_MEMBER },
    { "release of an empty where", "[{'claim':'code','op':'in','value':['aa','bb']}]", "[]",
      R_POLICY_FORMAT },
    { "release with an unknown member", "'name':'web'", "'name':'web','x':1", R_JSON_MEMBER },
    { "eq a text with spaces", "'op':'eq','value':'aa'", "'op':'eq','value':' a b~'", R_NONE },

    { "unknown operator", "'op':'eq'", "'op':'ne'", R_POLICY_FORMAT },
    { "no operator", "'op':'eq',", "", R_JSON_MEMBER },
    { "operator in capitals", "'op':'eq'", "'op':'EQ'", R_POLICY_FORMAT },
    { "no claim", "'claim':'code','op':'eq'", "'op':'eq'", R_JSON_MEMBER },
    { "empty claim", "'claim':'code'", "'claim':''", R_POLICY_FORMAT },
    { "claim with a capital", "'claim':'code'", "'claim':'Code'", R_POLICY_FORMAT },
    { "claim that begins with a digit", "'claim':'code'", "'claim':'1code'", R_POLICY_FORMAT },
    { "claim of 31", "'claim':'code'", "'claim':'a234567890123456789012345678901'", R_NONE },
    { "claim of 32", "'claim':'code'", "'claim':'a2345678901234567890123456789012'", R_JSON_MEMBER },
    { "unknown member in where", "'op':'eq'", "'op':'eq','not':true", R_JSON_MEMBER },
    { "eq a number", "'op':'eq','value':'aa'", "'op':'eq','value':1", R_NONE },
    { "eq a truth value", "'op':'eq','value':'aa'", "'op':'eq','value':false", R_NONE },
    { "eq nothing", "'op':'eq','value':'aa'", "'op':'eq'", R_POLICY_FORMAT },
    { "eq a list", "'op':'eq','value':'aa'", "'op':'eq','value':['aa']", R_POLICY_FORMAT },
    { "eq an object", "'op':'eq','value':'aa'", "'op':'eq','value':{}", R_POLICY_FORMAT },
    { "eq an empty text", "'op':'eq','value':'aa'", "'op':'eq','value':''", R_POLICY_FORMAT },
    { "eq a wide text", "'op':'eq','value':'aa'", "'op':'eq','value':'\xc3\xa9'", R_POLICY_FORMAT },
    { "eq an escape character", "'op':'eq','value':'aa'", "'op':'eq','value':'\\u001b'", R_POLICY_FORMAT },
    { "in nothing", "['aa','bb']", "[]", R_POLICY_FORMAT },
    { "in a text", "['aa','bb']", "'aa'", R_POLICY_FORMAT },
    { "in without a value", ",'value':['aa','bb']", "", R_POLICY_FORMAT },
    { "in mixed kinds", "['aa','bb']", "['aa',1]", R_POLICY_FORMAT },
    { "in lists", "['aa','bb']", "[['aa']]", R_POLICY_FORMAT },
    { "in numbers", "['aa','bb']", "[1,2]", R_NONE },
    { "min a number", "'op':'eq','value':'aa'", "'op':'min','value':0", R_NONE },
    { "min a text", "'op':'eq','value':'aa'", "'op':'min','value':'1'", R_POLICY_FORMAT },
    { "min a truth value", "'op':'eq','value':'aa'", "'op':'min','value':true", R_POLICY_FORMAT },
    { "max a number", "'op':'eq','value':'aa'", "'op':'max','value':7", R_NONE },
    { "max a text", "'op':'eq','value':'aa'", "'op':'max','value':'7'", R_POLICY_FORMAT },
    { "prefix a text", "'op':'eq','value':'aa'", "'op':'prefix','value':'a'", R_NONE },
    { "prefix an empty text", "'op':'eq','value':'aa'", "'op':'prefix','value':''", R_POLICY_FORMAT },
    { "subset of nothing", "'op':'eq','value':'aa'", "'op':'subset','value':[]", R_NONE },
    { "none-of nothing", "'op':'eq','value':'aa'", "'op':'none-of','value':[]", R_POLICY_FORMAT },
    { "subset of a text", "'op':'eq','value':'aa'", "'op':'subset','value':'a'", R_POLICY_FORMAT },
    { "none-of numbers", "'op':'eq','value':'aa'", "'op':'none-of','value':[1]", R_POLICY_FORMAT },
    { "subset with a comma", "'op':'eq','value':'aa'", "'op':'subset','value':['a','b,c']", R_POLICY_FORMAT },
    { "none-of with an empty text", "'op':'eq','value':'aa'", "'op':'none-of','value':['']",
      R_POLICY_FORMAT },
    { "none-of without a value", "'op':'eq','value':'aa'", "'op':'none-of'", R_POLICY_FORMAT },
    { "prefix a number", "'op':'eq','value':'aa'", "'op':'prefix','value':1", R_POLICY_FORMAT },
    { "same", "'op':'eq','value':'aa'", "'op':'same'", R_NONE },
    { "same with a value", "'op':'eq','value':'aa'", "'op':'same','value':'aa'", R_POLICY_FORMAT },

    { "release without tenant", "'tenant':'acme',", "", R_JSON_MEMBER },
    { "release for nobody", "'tenant':'acme'", "'tenant':'acne'", R_POLICY_FORMAT },
    { "release without keys", "'keys':['app/*'],", "", R_JSON_MEMBER },
    { "release of no keys", "['app/*']", "[]", R_POLICY_FORMAT },
    { "key that is no pattern", "'app/*'", "'app/../*'", R_POLICY_FORMAT },
    { "key with a metacharacter", "'app/*'", "'app/?'", R_POLICY_FORMAT },
    { "key with a template", "'app/*'", "'app/{claim}'", R_POLICY_FORMAT },
    { "key that is a number", "['app/*']", "[1]", R_POLICY_FORMAT },
    { "release without usages", "'usages':['raw','secret'],", "", R_JSON_MEMBER },
    { "release for no usage", "['raw','secret']", "[]", R_POLICY_FORMAT },
    { "unknown usage", "'raw'", "'rsa'", R_POLICY_FORMAT },
    { "usage in capitals", "'raw'", "'RAW'", R_POLICY_FORMAT },
    { "the same usage twice", "['raw','secret']", "['raw','raw']", R_POLICY_FORMAT },
    { "every usage", "['raw','secret']", "['secret','raw','ed25519','x25519','p256','secp256k1']", R_NONE },

    { "a second rule for nobody", "'release':[",
      "'release':[{'name':'a','type':'tpm','tenant':'acme','keys':['a'],'usages':['raw'],'where':[{'claim':'"
      "a',"
      "'op':'same'}]},{'name':'b','type':'tpm','tenant':'none','keys':['a'],'usages':['raw'],'where':[{'"
      "claim':"
      "'a','op':'same'}]},",
      R_POLICY_FORMAT },
    { "admins left out", "'admins':['" ONES "'],", "", R_JSON_MEMBER },
    { "no admins", "'admins':['" ONES "']", "'admins':[]", R_POLICY_FORMAT },
    { "admin too short", "'admins':['" ONES, "'admins':['11", R_POLICY_FORMAT },
    { "the same admin twice", "'admins':['" ONES "'", "'admins':['" ONES "','" ONES "'", R_POLICY_FORMAT },
    { "tenant without limits", ",'max_bytes':1000", "", R_JSON_MEMBER },
    { "tenant of a bad name", "{'name':'acme'", "{'name':'Acme'", R_POLICY_FORMAT },
    { "another tenant", "'tenants':[",
      "'tenants':[{'name':'b','admins':['" ZEROS "'],'max_secrets':1,'max_bytes':1},", R_NONE },
    { "another tenant of a bad name", "'tenants':[",
      "'tenants':[{'name':'B','admins':['" ZEROS "'],'max_secrets':1,'max_bytes':1},", R_POLICY_FORMAT },
    { "the same tenant twice", "'tenants':[",
      "'tenants':[{'name':'acme','admins':['" ZEROS "'],'max_secrets':1,'max_bytes':1},", R_POLICY_FORMAT },
};

static void documents_are_taken_strictly(void)
{
    for (size_t i = 0; i < sizeof parse_rows / sizeof *parse_rows; i++) {
        const struct parse_row *r = &parse_rows[i];
        SR_OWN(buf) text = { 0 };
        SR_OWN(policy_hold) hold = { 0 };
        struct sr_why why = { 0 };
        edited(&text, r->find, r->replace);
        T_ROW((parse(buf_span(&text), &hold.p, &why) == SR_OK) == (r->want == R_NONE), r->label);
        T_ROW(why.reason == r->want, r->label);
        T_ROW((hold.p != NULL) == (r->want == R_NONE), r->label);
    }
}

static void a_document_that_is_not_canonical_is_refused(void)
{
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_hold) hold = { 0 };
    struct sr_why why = { 0 };
    quoted(&text, base);
    T(policy_parse(buf_span(&text), &hold.p, &why) == SR_EFORMAT && why.reason == R_JSON_CANONICAL);
}

static void every_shorter_document_is_refused(void)
{
    SR_OWN(policy_hold) whole = { base_policy("", "") };
    struct span d = policy_document(whole.p);
    for (size_t n = 0; n < d.n; n++) {
        SR_OWN(policy_hold) hold = { 0 };
        T(policy_parse((struct span){ d.p, n }, &hold.p, NULL) != SR_OK);
    }
}

static void a_flipped_bit_never_keeps_the_hash(void)
{
    SR_OWN(policy_hold) whole = { base_policy("", "") };
    SR_OWN(buf) copy = { 0 };
    wr_span(&copy, policy_document(whole.p));
    for (size_t bit = 0; bit < copy.n * 8; bit++) {
        SR_OWN(policy_hold) other = { 0 };
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (policy_parse(buf_span(&copy), &other.p, NULL) == SR_OK)
            T(!sha256_eq(policy_hash(other.p), policy_hash(whole.p)));
        copy.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* ---- limits: each at its last good value and one past it ---- */

static const struct limit_row {
    const char *label, *find; /* the piece after which copies go */
    const char *copy;         /* with %zu where they must differ */
    size_t most;              /* of them, with the one that is there already counted */
} limit_rows[] = {
    { "join rules", "'join':[", "{'name':'r%zu','type':'tpm','where':[{'claim':'a','op':'same'}]},",
      POLICY_RULES_MAX },
    { "release rules", "'release':[",
      "{'keys':['a'],'name':'r%zu','tenant':'acme','type':'tpm','usages':['raw'],'where':[{'claim':'a',"
      "'op':'same'}]},",
      POLICY_RULES_MAX },
    { "comparisons", "'where':[", "{'claim':'a%zu','op':'same'},", POLICY_TESTS_MAX },
    { "patterns", "'keys':[", "'a%zu',", POLICY_KEYS_MAX },
    { "values", "'value':['aa',", "'%zu',", POLICY_VALUES_MAX - 1 },
    { "admins", "'admins':[", "'00000000000000000000000000000000000000000000000000000000000000%02zu',",
      POLICY_ADMINS_MAX },
    { "roots", "'vendor_ak_roots':[",
      "'00000000000000000000000000000000000000000000000000000000000000%02zu',", POLICY_ROOTS_MAX },
    { "tenants", "'tenants':[", "{'name':'t%zu','admins':['" ONES "'],'max_secrets':10,'max_bytes':1000},",
      POLICY_TENANTS_MAX },
};

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void counts_stop_at_their_limits(void)
{
    for (size_t i = 0; i < sizeof limit_rows / sizeof *limit_rows; i++) {
        const struct limit_row *r = &limit_rows[i];
        for (size_t n = r->most; n <= r->most + 1; n++) {
            SR_OWN(buf) replace = { 0 };
            SR_OWN(buf) text = { 0 };
            SR_OWN(policy_hold) hold = { 0 };
            wr_text(&replace, r->find);
            for (size_t k = 1; k < n; k++)
                wr_fmt(&replace, r->copy, k);
            wr_u8(&replace, 0);
            edited(&text, r->find, (const char *)replace.p);
            enum sr_err e = parse(buf_span(&text), &hold.p, NULL);
            T_ROW((e == SR_OK) == (n == r->most), r->label);
        }
    }
}

static void a_document_over_its_size_is_refused(void)
{
    SR_OWN(buf) b = { 0 };
    SR_OWN(policy_hold) hold = { 0 };
    struct sr_why why = { 0 };
    T(wr_room(&b, POLICY_MAX + 1) != NULL);
    T(policy_parse(buf_span(&b), &hold.p, &why) == SR_ETOOBIG && why.reason == R_POLICY_FORMAT);
}

/* ---- what a policy says ---- */

static void a_policy_says_what_its_document_says(void)
{
    SR_OWN(policy_hold) h = { base_policy("'number':1,'previous':'" ZEROS, "'number':3,'previous':'" ONES) };
    SR_OWN(policy_hold) plain = { base_policy("'ak_cert_max_age':3600,", "") };
    size_t roots = 0;
    T(policy_number(h.p) == 3 && policy_min_epoch(h.p) == 1 && policy_ak_cert_max_age(h.p) == 3600);
    T(policy_ak_cert_max_age(plain.p) == 86400);
    T(policy_previous(h.p)->b[0] == 0x11 && policy_channel_binding(h.p) == POLICY_BINDING_OPTIONAL);
    T(policy_vendor_ak_roots(h.p, &roots)->b[31] == 0x11 && roots == 1);
    const struct policy_tenant *t = policy_tenant(h.p, SPAN_STR("acme"));
    T(t && t->max_secrets == 10 && t->max_bytes == 1000 && t->admins_n == 1);
    struct sign_pub key;
    memset(key.b, 0x11, sizeof key.b);
    T(policy_tenant_admin(t, &key) && !policy_tenant_admin(NULL, &key));
    key.b[31] ^= 1;
    T(!policy_tenant_admin(t, &key));
    T(!policy_tenant(h.p, SPAN_STR("acm")) && !policy_tenant(h.p, SPAN_STR("")));
    SR_OWN(policy_hold) strict = { base_policy("'optional'", "'required'") };
    T(policy_channel_binding(strict.p) == POLICY_BINDING_REQUIRED);
}

static void every_admin_and_every_tenant_counts(void)
{
    SR_OWN(policy_hold)
    h = { base_policy("'tenants':[{'name':'acme','admins':['" ONES "'",
                      "'tenants':[{'name':'b','admins':['" ZEROS "'],'max_secrets':1,"
                      "'max_bytes':2},{'name':'acme','admins':['" ZEROS "','" ONES "'") };
    struct sign_pub ones, zeros = { 0 };
    memset(ones.b, 0x11, sizeof ones.b);
    const struct policy_tenant *acme = policy_tenant(h.p, SPAN_STR("acme"));
    const struct policy_tenant *b = policy_tenant(h.p, SPAN_STR("b"));
    T(acme && b && acme->admins_n == 2 && b->admins_n == 1 && b->max_secrets == 1 && b->max_bytes == 2);
    T(policy_tenant_admin(acme, &ones) && policy_tenant_admin(acme, &zeros));
    T(policy_tenant_admin(b, &zeros) && !policy_tenant_admin(b, &ones));
}

static void usages_have_names(void)
{
    static const char *const names[] = { "secret", "raw", "ed25519", "x25519", "p256", "secp256k1" };
    unsigned all = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned u = policy_usage_find(span_of(names[i]));
        T_ROW(u != 0 && (u & (u - 1)) == 0 && !(all & u), names[i]);
        T_ROW(strcmp(policy_usage_name((enum policy_usage)u), names[i]) == 0, names[i]);
        all |= u;
    }
    T(policy_usage_find(SPAN_STR("Raw")) == 0 && policy_usage_find(SPAN_STR("")) == 0);
}

/* ---- evaluation: every operator against every kind of claim ---- */

static void fill(struct claims *c)
{
    *c = (struct claims){ 0 };
    claims_put_text(c, "type", SPAN_STR("tpm"));
    claims_put_text(c, "t", SPAN_STR("abc"));
    claims_put_text(c, "set", SPAN_STR("SA-1,SA-2"));
    claims_put_text(c, "gap", SPAN_STR("SA-1,,SA-2"));
    claims_put_text(c, "empty", SPAN_STR(""));
    claims_put_text(c, "one", SPAN_STR("1"));
    claims_put_uint(c, "u", 7);
    claims_put_uint(c, "zero", 0);
    claims_put_uint(c, "huge", UINT64_MAX);
    claims_put_bool(c, "b", true);
    claims_put_bool(c, "f", false);
}

static const struct op_row {
    const char *claim, *op, *value;
    bool want;
} op_rows[] = {
    { "t", "eq", "'abc'", true },
    { "t", "eq", "'ab'", false },
    { "t", "eq", "'abcd'", false },
    { "t", "eq", "'ABC'", false },
    { "t", "eq", "7", false },
    { "t", "eq", "true", false },
    { "one", "eq", "1", false },
    { "one", "eq", "'1'", true },
    { "one", "eq", "true", false },
    { "u", "eq", "7", true },
    { "u", "eq", "8", false },
    { "u", "eq", "'7'", false },
    { "u", "eq", "true", false },
    { "zero", "eq", "0", true },
    { "zero", "eq", "false", false },
    { "b", "eq", "true", true },
    { "b", "eq", "false", false },
    { "b", "eq", "1", false },
    { "b", "eq", "'true'", false },
    { "f", "eq", "false", true },
    { "f", "eq", "0", false },
    { "none", "eq", "'abc'", false },
    { "none", "eq", "0", false },
    { "none", "eq", "false", false },
    { "t", "in", "['x','abc']", true },
    { "t", "in", "['x','y']", false },
    { "t", "in", "[7]", false },
    { "u", "in", "[1,7]", true },
    { "u", "in", "[1,2]", false },
    { "u", "in", "['7']", false },
    { "b", "in", "[false,true]", true },
    { "f", "in", "[true]", false },
    { "b", "in", "[1]", false },
    { "none", "in", "['abc']", false },
    { "u", "min", "7", true },
    { "u", "min", "6", true },
    { "u", "min", "8", false },
    { "u", "min", "0", true },
    { "t", "min", "0", false },
    { "one", "min", "0", false },
    { "b", "min", "0", false },
    { "none", "min", "0", false },
    { "huge", "min", "9007199254740991", true },
    { "u", "max", "7", true },
    { "u", "max", "8", true },
    { "u", "max", "6", false },
    { "zero", "max", "0", true },
    { "t", "max", "9007199254740991", false },
    { "b", "max", "1", false },
    { "none", "max", "9007199254740991", false },
    { "huge", "max", "9007199254740991", false },
    { "t", "prefix", "'a'", true },
    { "t", "prefix", "'abc'", true },
    { "t", "prefix", "'abcd'", false },
    { "t", "prefix", "'b'", false },
    { "u", "prefix", "'7'", false },
    { "b", "prefix", "'t'", false },
    { "none", "prefix", "'a'", false },
    { "t", "subset", "['abc']", true },
    { "t", "subset", "['abc','x']", true },
    { "t", "subset", "['ab']", false },
    { "t", "subset", "[]", false },
    { "t", "none-of", "['ab','bc','c']", true },
    { "t", "none-of", "['x','abc']", false },
    { "set", "subset", "['SA-1','SA-2','SA-3']", true },
    { "set", "subset", "['SA-1']", false },
    { "set", "subset", "['SA-2','SA-3']", false },
    { "set", "subset", "[]", false },
    { "set", "none-of", "['SA-3','SA']", true },
    { "set", "none-of", "['SA-3','SA-2']", false },
    { "set", "none-of", "['SA-1']", false },
    { "gap", "subset", "['SA-1','SA-2']", false },
    { "gap", "none-of", "['SA-3']", true },
    { "empty", "subset", "[]", true },
    { "empty", "subset", "['SA-1']", true },
    { "empty", "none-of", "['SA-1']", true },
    { "u", "subset", "['7']", false },
    { "u", "none-of", "['8']", false },
    { "b", "none-of", "['false']", false },
    { "none", "subset", "[]", false },
    { "none", "none-of", "['SA-1']", false },
};

static enum sr_err join_with(const char *tests, const struct claims *peer, const struct claims *self,
                             struct policy_verdict *v, struct sr_why *why)
{
    SR_OWN(buf) rule = { 0 };
    wr_fmt(&rule, "[{'name':'r','type':'tpm','where':[%s]}],'release'", tests);
    wr_u8(&rule, 0);
    SR_OWN(policy_hold)
    h = { base_policy(
        "[{'name':'members','type':'tpm','where':[{'claim':'code','op':'eq','value':'aa'}]}],'release'",
        (const char *)rule.p) };
    return policy_join(h.p, peer, self, v, why);
}

static void every_operator_on_every_kind(void)
{
    static struct claims c;
    fill(&c);
    for (size_t i = 0; i < sizeof op_rows / sizeof *op_rows; i++) {
        const struct op_row *r = &op_rows[i];
        char test[128];
        struct policy_verdict v;
        struct sr_why why = { 0 };
        snprintf(test, sizeof test, "{'claim':'%s','op':'%s','value':%s}", r->claim, r->op, r->value);
        T_ROW(join_with(test, &c, NULL, &v, &why) == (r->want ? SR_OK : SR_EDENIED), test);
        T_ROW(why.reason == (r->want ? R_NONE : R_NO_RULE) && v.reason == why.reason, test);
        T_ROW(v.steps[0].outcome == (r->want ? POLICY_MATCHED : POLICY_TEST_FAILED), test);
        T_ROW(r->want || v.steps[0].found == claims_find(&c, span_of(r->claim)), test);
    }
}

static void same_means_ours(void)
{
    static struct claims peer, self, empty;
    static const char *const names[] = { "t", "u", "b", "f", "zero", "huge" };
    struct policy_verdict v;
    fill(&peer);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char test[64];
        snprintf(test, sizeof test, "{'claim':'%s','op':'same'}", names[i]);
        fill(&self);
        T_ROW(join_with(test, &peer, &self, &v, NULL) == SR_OK, names[i]);
        T_ROW(join_with(test, &peer, &empty, &v, NULL) == SR_EDENIED, names[i]);
        T_ROW(v.steps[0].own == NULL && v.steps[0].found != NULL, names[i]);
        T_ROW(join_with(test, &peer, NULL, &v, NULL) == SR_EDENIED, names[i]);
    }
    T(join_with("{'claim':'none','op':'same'}", &peer, &self, &v, NULL) == SR_EDENIED); /* both without */
    self = (struct claims){ 0 };
    claims_put_text(&self, "t", SPAN_STR("abd"));
    claims_put_text(&self, "u", SPAN_STR("7"));
    claims_put_uint(&self, "b", 1);
    T(join_with("{'claim':'t','op':'same'}", &peer, &self, &v, NULL) == SR_EDENIED && v.steps[0].own != NULL);
    T(join_with("{'claim':'u','op':'same'}", &peer, &self, &v, NULL) == SR_EDENIED);
    T(join_with("{'claim':'b','op':'same'}", &peer, &self, &v, NULL) == SR_EDENIED);
}

static void all_comparisons_of_a_rule_must_hold(void)
{
    static struct claims c;
    struct policy_verdict v;
    fill(&c);
    T(join_with("{'claim':'t','op':'eq','value':'abc'},{'claim':'u','op':'min','value':7}", &c, NULL, &v,
                NULL) == SR_OK);
    T(join_with("{'claim':'t','op':'eq','value':'abc'},{'claim':'u','op':'min','value':8}", &c, NULL, &v,
                NULL) == SR_EDENIED);
    T(join_with("{'claim':'t','op':'eq','value':'x'},{'claim':'u','op':'min','value':7}", &c, NULL, &v,
                NULL) == SR_EDENIED);
}

static void claims_of_another_type_or_none_match_nothing(void)
{
    static struct claims c;
    struct policy_verdict v;
    const char *test = "{'claim':'t','op':'eq','value':'abc'}";
    claims_put_text(&c, "t", SPAN_STR("abc"));
    T(join_with(test, &c, NULL, &v, NULL) == SR_EDENIED && v.steps[0].outcome == POLICY_OTHER_TYPE);
    c = (struct claims){ 0 };
    claims_put_text(&c, "t", SPAN_STR("abc"));
    claims_put_text(&c, "type", SPAN_STR("tpm2"));
    T(join_with(test, &c, NULL, &v, NULL) == SR_EDENIED && v.steps[0].outcome == POLICY_OTHER_TYPE);
    c = (struct claims){ 0 };
    claims_put_text(&c, "t", SPAN_STR("abc"));
    claims_put_uint(&c, "type", 1);
    T(join_with(test, &c, NULL, &v, NULL) == SR_EDENIED && v.steps[0].outcome == POLICY_OTHER_TYPE);
    fill(&c);
    T(join_with(test, &c, NULL, &v, NULL) == SR_OK);
    claims_put_text(&c, "t", SPAN_STR("twice")); /* a bad list says nothing */
    T(join_with(test, &c, NULL, &v, NULL) == SR_EDENIED);
}

static void without_rules_nobody_joins(void)
{
    static struct claims c;
    SR_OWN(policy_hold)
    h = { base_policy("[{'name':'members','type':'tpm','where':[{'claim':'code','op':'eq','value':'aa'}]}]",
                      "[]") };
    struct policy_verdict v;
    struct sr_why why = { 0 };
    fill(&c);
    T(policy_join(h.p, &c, &c, &v, &why) == SR_EDENIED && why.reason == R_NO_RULE);
    T(v.steps_n == 0 && v.rule == 0 && v.rule_name[0] == 0);
    T(policy_join(h.p, &c, &c, NULL, NULL) == SR_EDENIED);
}

/* ---- deny wins, in every order and for every kind of question ---- */

static void a_deny_rule_wins_wherever_it_stands(void)
{
    static const char allow[] = "{'name':'a','type':'tpm','where':[{'claim':'u','op':'eq','value':7}]}";
    static const char deny[] =
        "{'effect':'deny','name':'d','type':'tpm','where':[{'claim':'t','op':'prefix','value':'%s'}]}";
    for (int first = 0; first <= 1; first++) {
        for (int hit = 0; hit <= 1; hit++) {
            static struct claims c;
            SR_OWN(buf) list = { 0 };
            struct policy_verdict v;
            struct sr_why why = { 0 };
            fill(&c);
            wr_text(&list, "[");
            if (!first)
                wr_fmt(&list, "%s,", allow);
            wr_fmt(&list, deny, hit ? "ab" : "x");
            if (first)
                wr_fmt(&list, ",%s", allow);
            wr_text(&list, "]");
            wr_u8(&list, 0);
            SR_OWN(policy_hold)
            h = { base_policy(
                "[{'name':'members','type':'tpm','where':[{'claim':'code','op':'eq','value':'aa'}]}]",
                (const char *)list.p) };
            T(policy_join(h.p, &c, NULL, &v, &why) == (hit ? SR_EDENIED : SR_OK));
            T(v.reason == (hit ? R_POLICY_DENY : R_NONE) && why.reason == v.reason);
            T(strcmp(v.rule_name, hit ? "d" : "a") == 0 && v.rule == (size_t)(hit ? !first : first));
        }
    }
}

#define RELEASE_RULES                                                                                        \
    "[{'name':'web','type':'tpm','tenant':'acme','keys':['app/*','shared/**'],'usages':['raw','secret'],"    \
    "'where':[{'claim':'t','op':'eq','value':'abc'}]},"                                                      \
    "{'effect':'deny','name':'not-root','type':'tpm','tenant':'acme','keys':['app/root','*/*/root'],"        \
    "'usages':['secret'],'where':[{'claim':'u','op':'min','value':7}]},"                                     \
    "{'name':'sign','type':'tpm','tenant':'acme','keys':['sign'],'usages':['ed25519'],"                      \
    "'where':[{'claim':'u','op':'eq','value':8}]},"                                                          \
    "{'name':'other','type':'tpm','tenant':'umbrella','keys':['**'],'usages':['secret'],"                    \
    "'where':[{'claim':'u','op':'eq','value':7}]}]"

static const struct release_row {
    const char *tenant, *path;
    enum policy_usage usage;
    enum sr_reason want;
    const char *rule;
} release_rows[] = {
    { "acme", "app/db", POLICY_SECRET, R_NONE, "web" },
    { "acme", "app/db", POLICY_RAW, R_NONE, "web" },
    { "acme", "app/db", POLICY_ED25519, R_KEY_DENIED, "" },
    { "acme", "app/db", (enum policy_usage)0, R_KEY_DENIED, "" },
    { "acme", "app", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "app/db/x", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "App/db", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "app/*", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "app/../sign", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "app//db", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "", POLICY_SECRET, R_KEY_DENIED, "" },
    { "acme", "shared/a/b", POLICY_SECRET, R_NONE, "web" },
    { "acme", "app/root", POLICY_SECRET, R_POLICY_DENY, "not-root" },
    { "acme", "app/root", POLICY_RAW, R_NONE, "web" },
    { "acme", "shared/a/root", POLICY_SECRET, R_POLICY_DENY, "not-root" },
    { "acme", "sign", POLICY_ED25519, R_NO_RULE, "" },
    { "umbrella", "app/db", POLICY_SECRET, R_NONE, "other" },
    { "umbrella", "app/db", POLICY_RAW, R_KEY_DENIED, "" },
    { "nobody", "app/db", POLICY_SECRET, R_TENANT_UNKNOWN, "" },
    { "", "app/db", POLICY_SECRET, R_TENANT_UNKNOWN, "" },
    { "ACME", "app/db", POLICY_SECRET, R_TENANT_UNKNOWN, "" },
    { "*", "app/db", POLICY_SECRET, R_TENANT_UNKNOWN, "" },
};

static void a_rule_s_name_fits_a_verdict(const struct policy_verdict *v, const char *label)
{
    T_ROW(strlen(v->rule_name) <= POLICY_NAME_MAX, label);
}

/* ---- expelled ---- */

static const struct expelled_row {
    const char *label, *type, *claim;
    bool want;
} expelled_rows[] = {
    { "its chip", "snp", "hardware", true },
    { "its TPM", "tpm", "ek", true },
    { "the chip of two parts", "snp-tpm", "snp.hardware", true },
    { "the TPM of two parts", "snp-tpm", "tpm.ek", true },
    { "a claim of another name", "tpm", "ak", false },
    { "a part's claim in plain evidence", "snp", "tpm.ek", false },
    { "a plain claim in evidence of parts", "snp-tpm", "ek", false },
};

static void a_machine_is_expelled_whatever_the_rules_say(void)
{
    for (size_t i = 0; i < sizeof expelled_rows / sizeof *expelled_rows; i++) {
        const struct expelled_row *r = &expelled_rows[i];
        static struct claims c;
        struct policy_verdict v;
        struct sr_why why = { 0 };
        char rule[640];
        snprintf(rule, sizeof rule,
                 "'expelled':[{'name':'a','key':'" ZEROS "'},{'name':'b','hardware':'" ONES
                 "'}],'join':[{'name':'all','type':'%s','where':[{'claim':'code','op':'eq','value':'aa'}]},",
                 r->type);
        SR_OWN(policy_hold) h = { base_policy("'join':[", rule) };
        claims_clear(&c);
        claims_put_text(&c, "type", span_of(r->type));
        claims_put_text(&c, "code", SPAN_STR("aa"));
        T_ROW(policy_join(h.p, &c, &c, NULL, NULL) == SR_OK, r->label);
        claims_put_text(&c, r->claim, SPAN_STR(ONES));
        T_ROW(policy_expels_hardware(h.p, &c) == r->want, r->label);
        T_ROW((policy_join(h.p, &c, &c, &v, &why) == SR_EDENIED) == r->want, r->label);
        T_ROW(v.reason == (r->want ? R_EXPELLED : R_NONE), r->label);
        struct sign_pub key = { 0 };
        T_ROW(policy_expels_key(h.p, &key), r->label);
        key.b[0] = 1;
        T_ROW(!policy_expels_key(h.p, &key), r->label);
    }
}

static const struct listed_row {
    const char *label, *type, *first, *second; /* claims with the listed id, and with another one */
    bool want;
} listed_rows[] = {
    { "a listed chip", "snp", "hardware", NULL, true },
    { "a listed TPM", "tpm", "ek", NULL, true },
    { "another chip", "snp", NULL, "hardware", false },
    { "no id at all", "snp", NULL, NULL, false },
    { "a listed chip, another TPM", "snp-tpm", "snp.hardware", "tpm.ek", false },
    { "a listed TPM, another chip", "snp-tpm", "tpm.ek", "snp.hardware", false },
    { "of two parts one with an id", "snp-tpm", "snp.hardware", NULL, true },
    { "the id in another claim", "tpm", "ak", NULL, false },
};

static void where_machines_are_listed_no_other_joins(void)
{
    for (size_t i = 0; i < sizeof listed_rows / sizeof *listed_rows; i++) {
        const struct listed_row *r = &listed_rows[i];
        static struct claims c;
        struct policy_verdict v;
        char rule[640];
        snprintf(rule, sizeof rule,
                 "'hardware':[{'id':'" ONES
                 "','name':'b'}],'join':[{'name':'all','type':'%s','where':[{'claim':"
                 "'code','op':'eq','value':'aa'}]},",
                 r->type);
        SR_OWN(policy_hold) h = { base_policy("'join':[", rule) };
        claims_clear(&c);
        claims_put_text(&c, "type", span_of(r->type));
        claims_put_text(&c, "code", SPAN_STR("aa"));
        if (r->first)
            claims_put_text(&c, r->first, SPAN_STR(ONES));
        if (r->second)
            claims_put_text(&c, r->second, SPAN_STR(ZEROS));
        T_ROW((policy_join(h.p, &c, &c, &v, NULL) == SR_OK) == r->want, r->label);
        T_ROW(v.reason == (r->want ? R_NONE : R_HARDWARE), r->label);
    }
}

static void keys_go_to_whom_the_rules_name(void)
{
    static struct claims c;
    SR_OWN(buf) text = { 0 };
    SR_OWN(policy_hold) h = { 0 };
    quoted(&text, "{'version':1,'number':1,'previous':'" ZEROS "','min_epoch':1,'channel_binding':'optional',"
                  "'join':[],'release':" RELEASE_RULES ",'tenants':["
                  "{'name':'acme','admins':['" ONES "'],'max_secrets':10,'max_bytes':1000},"
                  "{'name':'umbrella','admins':['" ONES "'],'max_secrets':10,'max_bytes':1000}]}");
    T(parse(buf_span(&text), &h.p, NULL) == SR_OK);
    fill(&c);
    for (size_t i = 0; i < sizeof release_rows / sizeof *release_rows; i++) {
        const struct release_row *r = &release_rows[i];
        const struct policy_want want = { span_of(r->tenant), span_of(r->path), r->usage, NULL };
        struct policy_verdict v;
        struct sr_why why = { 0 };
        char label[64];
        snprintf(label, sizeof label, "%s:%s", r->tenant, r->path);
        T_ROW(policy_release(h.p, &c, NULL, &want, &v, &why) == (r->want == R_NONE ? SR_OK : SR_EDENIED),
              label);
        T_ROW(v.reason == r->want && why.reason == r->want, label);
        T_ROW(strcmp(v.rule_name, r->rule) == 0, label);
        a_rule_s_name_fits_a_verdict(&v, label);
        T_ROW(policy_release(h.p, &(struct claims){ 0 }, NULL, &want, NULL, NULL) == SR_EDENIED, label);
    }
}

/* ---- holders ---- */

static void *hold_and_let_go(void *p)
{
    for (int i = 0; i < 20000; i++)
        policy_unref(policy_ref(p));
    policy_unref(p);
    return NULL;
}

static void many_threads_may_hold_one_policy(void)
{
    struct policy *p = base_policy("", "");
    pthread_t t[4];
    for (size_t i = 0; i < 4; i++)
        T(pthread_create(&t[i], NULL, hold_and_let_go, policy_ref(p)) == 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    T(policy_number(p) == 1); /* ours is still held; the sanitizer build sees that it then goes */
    policy_unref(p);
    policy_unref(NULL);
}

int main(void)
{
    T(secret_init() == SR_OK);
    documents_are_taken_strictly();
    a_document_that_is_not_canonical_is_refused();
    every_shorter_document_is_refused();
    a_flipped_bit_never_keeps_the_hash();
    counts_stop_at_their_limits();
    a_document_over_its_size_is_refused();
    a_policy_says_what_its_document_says();
    every_admin_and_every_tenant_counts();
    usages_have_names();
    every_operator_on_every_kind();
    same_means_ours();
    all_comparisons_of_a_rule_must_hold();
    claims_of_another_type_or_none_match_nothing();
    without_rules_nobody_joins();
    a_deny_rule_wins_wherever_it_stands();
    a_machine_is_expelled_whatever_the_rules_say();
    where_machines_are_listed_no_other_joins();
    keys_go_to_whom_the_rules_name();
    many_threads_may_hold_one_policy();
    return t_end();
}
