#define _GNU_SOURCE
#include "memory.h"
#include "ring.h"
#include "thread.h"

#include <stddef.h>

void *cairn_grow(void *base, size_t bytes, size_t wanted) {
    void *p = mremap(base, bytes, wanted, MREMAP_MAYMOVE);
    return p == MAP_FAILED ? NULL : p;
}

int cairn_pin_self(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0 ? 0 : -errno;
}

int cairn_usable_cpus(int *cpus, int capacity) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    int n = 0;
    for (int i = 0; i < CPU_SETSIZE && n < capacity; i++)
        if (CPU_ISSET(i, &set)) cpus[n++] = i;
    return n;
}

void cairn_name_self(const char *name) { pthread_setname_np(pthread_self(), name); }

/* Fills `out` from a numeric address; its length, or a negative errno. */
static int socket_address(const char *host, unsigned short port, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    return -EINVAL;
}

static int fail(int fd) {
    int error = errno;
    close(fd);
    return -error;
}

int cairn_listen_tcp(const char *host, unsigned short port, int backlog) {
    struct sockaddr_storage address;
    int length = socket_address(host, port, &address);
    if (length < 0) return length;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int one = 1;
    /* Accepted sockets inherit TCP_NODELAY and SO_KEEPALIVE from the listener (tcp(7)). */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
        return fail(fd);
    if (address.ss_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)
        return fail(fd);
    if (bind(fd, (struct sockaddr *)&address, (socklen_t)length) != 0 || listen(fd, backlog) != 0)
        return fail(fd);
    return fd;
}

static int unix_address(const char *path, struct sockaddr_un *out) {
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof out->sun_path) return -ENAMETOOLONG;
    memcpy(out->sun_path, path, n + 1);
    return (int)(offsetof(struct sockaddr_un, sun_path) + n + 1);
}

int cairn_listen_unix(const char *path, int backlog) {
    struct sockaddr_un address;
    int length = unix_address(path, &address);
    if (length < 0) return length;
    struct stat st;
    if (lstat(path, &st) == 0) {
        if (!S_ISSOCK(st.st_mode)) return -EEXIST;
        int probe = cairn_connect_unix(path);
        if (probe >= 0) {
            close(probe);
            return -EADDRINUSE;
        }
        unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (fchmod(fd, 0600) != 0) return fail(fd);
    if (bind(fd, (struct sockaddr *)&address, (socklen_t)length) != 0) return fail(fd);
    if (chmod(path, 0600) != 0 || listen(fd, backlog) != 0) return fail(fd);
    return fd;
}

void cairn_reset_on_close(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

int cairn_bound_port(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return -errno;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return -EAFNOSUPPORT;
}

static int address_text(const struct sockaddr_storage *address, char *out, int capacity) {
    char host[INET6_ADDRSTRLEN];
    int n;
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        n = snprintf(out, (size_t)capacity, "%s:%u", host, ntohs(v4->sin_port));
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        n = snprintf(out, (size_t)capacity, "[%s]:%u", host, ntohs(v6->sin6_port));
    } else {
        n = snprintf(out, (size_t)capacity, "unix");
    }
    return n < capacity ? n : capacity - 1;
}

int cairn_peer_name(int fd, char *out, int capacity) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &length) != 0) return -errno;
    return address_text(&address, out, capacity);
}

int cairn_local_name(int fd, char *out, int capacity) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return -errno;
    return address_text(&address, out, capacity);
}

int cairn_connect_tcp(const char *host, unsigned short port) {
    struct sockaddr_storage address;
    int length = socket_address(host, port, &address);
    if (length < 0) return length;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) != 0) return fail(fd);
    return fd;
}

int cairn_connect_unix(const char *path) {
    struct sockaddr_un address;
    int length = unix_address(path, &address);
    if (length < 0) return length;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) != 0) return fail(fd);
    return fd;
}

long cairn_raise_open_files(long wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    if ((long)limit.rlim_cur >= wanted) return (long)limit.rlim_cur;
    struct rlimit raised = limit;
    raised.rlim_cur = (rlim_t)wanted;
    if (raised.rlim_cur > raised.rlim_max) raised.rlim_max = raised.rlim_cur; /* root may */
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
    raised.rlim_cur = raised.rlim_max = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return (long)raised.rlim_cur;
    return (long)limit.rlim_cur;
}

int cairn_is_loopback(const char *host) {
    struct sockaddr_storage address;
    int length = socket_address(host, 0, &address);
    if (length < 0) return length;
    if (address.ss_family == AF_INET)
        return (ntohl(((struct sockaddr_in *)&address)->sin_addr.s_addr) >> 24) == 127;
    return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&address)->sin6_addr) ? 1 : 0;
}
