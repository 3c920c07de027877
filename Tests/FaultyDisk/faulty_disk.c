// A disk that fails on demand. Preloaded into a program, it makes writes to files under the folder FAULTY_DISK fail while
// the file that FAULTY_DISK_SWITCH names is there: as on a full disk, those that make a file longer; as on a read-only
// one, where the switch holds “r”, all.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// The errno of a write up to an offset, or of one at the end where that is -1; 0 where it may go on.
static int fault(int file, off64_t end) {
    const char *folder = getenv("FAULTY_DISK"), *name = getenv("FAULTY_DISK_SWITCH");
    struct stat64 info;
    if (!folder || !name || fstat64(file, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
    int control = open(name, O_RDONLY | O_CLOEXEC);
    if (control < 0) return 0;
    char kind = 0, link[64], path[PATH_MAX + 1] = {0};
    ssize_t count = read(control, &kind, 1);
    close(control);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (count != 1 || readlink(link, path, PATH_MAX) < 0 || strncmp(path, folder, strlen(folder)) != 0) return 0;
    if (kind == 'r') return EROFS;
    return end < 0 || end > info.st_size ? ENOSPC : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE(file, end)                                                                                              \
    int saved = errno, refusal = fault(file, end);                                                                     \
    errno = refusal ? refusal : saved;                                                                                 \
    if (refusal) return -1;

static off64_t length(const struct iovec *parts, int count) {
    off64_t sum = 0;
    for (int part = 0; part < count; part++) sum += parts[part].iov_len;
    return sum;
}

ssize_t write(int file, const void *bytes, size_t count) {
    off64_t place = lseek64(file, 0, SEEK_CUR);
    REFUSE(file, place < 0 ? -1 : place + (off64_t)count)
    return REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    REFUSE(file, offset + (off64_t)count)
    return REAL(pwrite)(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    REFUSE(file, offset + (off64_t)count)
    return REAL(pwrite64)(file, bytes, count, offset);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    REFUSE(file, offset + length(parts, count))
    return REAL(pwritev)(file, parts, count, offset);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
    REFUSE(file, offset + length(parts, count))
    return REAL(pwritev64)(file, parts, count, offset);
}

int ftruncate64(int file, off64_t size) {
    REFUSE(file, size)
    return REAL(ftruncate64)(file, size);
}

int ftruncate(int file, off_t size) {
    REFUSE(file, size)
    return REAL(ftruncate)(file, size);
}
