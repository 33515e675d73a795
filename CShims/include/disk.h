/* Files and block devices for direct I/O, outside the ring: opening, what the kernel says of them,
 * space. Negative results are errno values. No policy. */
#ifndef CAIRN_DISK_H
#define CAIRN_DISK_H

#include <stdint.h>

enum {
    CAIRN_PATH_MISSING = 0,
    CAIRN_PATH_FILE = 1,
    CAIRN_PATH_BLOCK_DEVICE = 2,
    CAIRN_PATH_FOLDER = 3,
    CAIRN_PATH_OTHER = 4,
};

enum {
    CAIRN_OPEN_WRITABLE = 1,
    /* Make a file that does not exist, mode 0600. */
    CAIRN_OPEN_NEW = 2,
    /* Refuse a block device that is mounted or open exclusively elsewhere. */
    CAIRN_OPEN_EXCLUSIVE = 4,
};

struct cairn_disk_facts {
    uint64_t bytes;
    /* Bytes of storage behind a file. */
    uint64_t allocated;
    /* One of CAIRN_PATH_*. */
    int kind;
    /* Whether the two below are the kernel's answer (statx, Linux 6.1; not every file system). */
    int knows_alignment;
    /* 0: direct I/O is not possible. */
    uint32_t offset_alignment;
    uint32_t memory_alignment;
    /* Logical block of a block device, 0 of a file. */
    uint32_t logical_block;
};

/* What stands at `path`: one of CAIRN_PATH_*, or a negative errno. */
int cairn_path_kind(const char *path);
/* Opens for direct I/O, O_CLOEXEC; a descriptor. A refusal leaves no new file behind. */
int cairn_open_direct(const char *path, int flags);
int cairn_disk_facts(int fd, struct cairn_disk_facts *out);
/* The one lock of an open file that excludes all others, until closed; -EWOULDBLOCK when held. */
int cairn_lock_file(int fd);
/* Reserves storage for bytes `from ..< to` and makes the file that long. */
int cairn_allocate(int fd, uint64_t from, uint64_t to);
/* Bytes an unprivileged process can still use on the file's file system. */
int64_t cairn_free_space(int fd);
/* Makes a new name in the folder of `path` survive a loss of power. */
int cairn_sync_folder(const char *path);

#endif
