#include "thread.h"

/* Not <netinet/tcp.h>: glibc's tcp_info ends before the counters. This one has a type of the same
 * name, so it stands in a file of its own. */
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* struct tcp_info of <linux/tcp.h>: the kernel only ever adds fields behind the last. */
enum { acked_at = 120, received_at = 128, info_bytes = 136 };

int cairn_tcp_progress(int fd, uint64_t *acked, uint64_t *received) {
    unsigned char info[info_bytes];
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) != 0) return -errno;
    if (length < info_bytes) return -EOPNOTSUPP;
    memcpy(acked, info + acked_at, sizeof *acked);
    memcpy(received, info + received_at, sizeof *received);
    return 0;
}
