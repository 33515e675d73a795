/* Threads and sockets: what Swift's Glibc overlay cannot spell (macros, variadics, unions). */
#ifndef CAIRN_THREAD_H
#define CAIRN_THREAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Pins the calling thread to `cpu`; 0, or a negative errno. Implemented in shims.c (cpu_set_t
 * needs _GNU_SOURCE, which a module import does not define). */
int cairn_pin_self(int cpu);
/* Processors the process may run on, ascending; returns how many were written. */
int cairn_usable_cpus(int *cpus, int capacity);
void cairn_name_self(const char *name);

/* Listening TCP socket on a numeric address; the descriptor, or a negative errno. */
int cairn_listen_tcp(const char *host, unsigned short port, int backlog);
/* Listening unix socket, mode 0600; replaces a stale socket file nobody answers on. */
int cairn_listen_unix(const char *path, int backlog);
/* The bound port of a TCP socket, or a negative errno. */
int cairn_bound_port(int fd);
/* Writes the peer's address as text ("127.0.0.1:4711", "unix") into `out`; its length. */
int cairn_peer_name(int fd, char *out, int capacity);
/* The same of the socket's own end. */
int cairn_local_name(int fd, char *out, int capacity);
/* Bytes a TCP peer has acknowledged and sent since the connection began; 0, or a negative errno. */
int cairn_tcp_progress(int fd, uint64_t *acked, uint64_t *received);
/* From now on closing the socket resets the connection and drops what is unsent. */
void cairn_reset_on_close(int fd);
/* Connects (blocking) for tools and tests: the descriptor, or a negative errno. */
int cairn_connect_tcp(const char *host, unsigned short port);
int cairn_connect_unix(const char *path);
/* Raises the soft limit of open files to at least `wanted` where allowed; the limit in force. */
long cairn_raise_open_files(long wanted);
/* Whether `host` is a numeric loopback address: 1 yes, 0 no, -EINVAL no address at all. */
int cairn_is_loopback(const char *host);

#endif
