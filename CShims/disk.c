#define _GNU_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifndef STATX_DIOALIGN
#define STATX_DIOALIGN 0x00002000U
#endif

static int kind_of(mode_t mode) {
    if (S_ISREG(mode)) return CAIRN_PATH_FILE;
    if (S_ISBLK(mode)) return CAIRN_PATH_BLOCK_DEVICE;
    if (S_ISDIR(mode)) return CAIRN_PATH_FOLDER;
    return CAIRN_PATH_OTHER;
}

int cairn_path_kind(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) return errno == ENOENT ? CAIRN_PATH_MISSING : -errno;
    return kind_of(st.st_mode);
}

int cairn_open_direct(const char *path, int flags) {
    int how = O_DIRECT | O_CLOEXEC | O_NOCTTY;
    how |= flags & CAIRN_OPEN_WRITABLE ? O_RDWR : O_RDONLY;
    if (flags & CAIRN_OPEN_NEW) how |= O_CREAT | O_EXCL;
    if (flags & CAIRN_OPEN_EXCLUSIVE) how |= O_EXCL;
    int fd;
    do fd = open(path, how, 0600);
    while (fd < 0 && errno == EINTR);
    if (fd >= 0) return fd;
    int code = errno;
    /* The file is made before O_DIRECT is refused; O_EXCL says that it is ours. */
    if (code == EINVAL && (flags & CAIRN_OPEN_NEW)) unlink(path);
    return -code;
}

int cairn_disk_facts(int fd, struct cairn_disk_facts *out) {
    struct statx sx;
    memset(out, 0, sizeof *out);
    memset(&sx, 0, sizeof sx);
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_DIOALIGN, &sx) != 0) return -errno;
    out->kind = kind_of(sx.stx_mode);
    out->bytes = sx.stx_size;
    out->allocated = sx.stx_blocks * 512;
    out->knows_alignment = (sx.stx_mask & STATX_DIOALIGN) != 0;
    out->offset_alignment = sx.stx_dio_offset_align;
    out->memory_alignment = sx.stx_dio_mem_align;
    if (out->kind == CAIRN_PATH_BLOCK_DEVICE) {
        int block = 0;
        if (ioctl(fd, BLKGETSIZE64, &out->bytes) != 0) return -errno;
        if (ioctl(fd, BLKSSZGET, &block) != 0) return -errno;
        out->logical_block = (uint32_t)block;
    }
    return 0;
}

int cairn_lock_file(int fd) {
    int rc;
    do rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int cairn_allocate(int fd, uint64_t from, uint64_t to) {
    int rc;
    do rc = fallocate(fd, 0, (off_t)from, (off_t)(to - from));
    while (rc != 0 && errno == EINTR);
    if (rc == 0) return 0;
    if (errno != EOPNOTSUPP) return -errno;
    /* Writing the zeros takes the storage then. */
    return ftruncate(fd, (off_t)to) == 0 ? 0 : -errno;
}

int64_t cairn_free_space(int fd) {
    struct statvfs vfs;
    if (fstatvfs(fd, &vfs) != 0) return -errno;
    return (int64_t)(vfs.f_bavail * vfs.f_frsize);
}

int cairn_sync_folder(const char *path) {
    char copy[PATH_MAX];
    if (strlen(path) >= sizeof copy) return -ENAMETOOLONG;
    strcpy(copy, path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int rc = fsync(fd) == 0 ? 0 : -errno;
    close(fd);
    return rc;
}
