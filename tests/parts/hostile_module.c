/* hostile_module - a shared object for e2e/launch.sh: whoever loads it, by whatever way, leaves the file
 * <its own path>.loaded behind. It is no OpenSSL provider: loading it is what must not happen. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void leave_a_mark(void)
{
    static const char here;
    Dl_info self = { 0 };
    char path[4096];
    if (!dladdr(&here, &self))
        return;
    snprintf(path, sizeof path, "%s.loaded", self.dli_fname);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}
