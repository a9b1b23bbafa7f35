#include "node/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What version 1 of the interface knows of writing: enough here, and in every kernel that has Landlock. */
static const uint64_t writing =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_CHAR |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_EXECUTE;

static bool allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = { .allowed_access = access };
    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return false;
    long rc = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
    return rc == 0;
}

static bool restrict_to(int rules, const char *dir, const char *socket_dir)
{
    const uint64_t ours = writing & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
    return allow(rules, dir, ours) && (!*socket_dir || allow(rules, socket_dir, ours)) &&
           allow(rules, "/dev", LANDLOCK_ACCESS_FS_WRITE_FILE) && /* the TPM is a device that one writes to */
           syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

enum sr_err sandbox_enter(const char *dir, const char *socket_dir, bool *ret_active, struct sr_why *why)
{
    const struct landlock_ruleset_attr attr = { .handled_access_fs = writing };
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (rules < 0) {
        *ret_active = false;
        return SR_OK;
    }
    bool ok = restrict_to(rules, dir, socket_dir);
    int cause = errno;
    close(rules);
    if (!ok)
        return sr_fail(why, SR_EIO, R_CONFIG, "landlock: %s", strerror(cause));
    *ret_active = true;
    return SR_OK;
}
