/* io_uring for Swift: ring set-up, one inline function for each operation the engine submits, and
 * completion access. Thin inline functions only; no policy. Constants newer than the installed
 * header are defined under #ifndef and probed at run time before use. */
#ifndef CAIRN_RING_H
#define CAIRN_RING_H

#include <errno.h>
#include <liburing.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif
#ifndef IORING_FEAT_RECVSEND_BUNDLE
#define IORING_FEAT_RECVSEND_BUNDLE (1U << 14)
#endif
#ifndef IORING_RECVSEND_BUNDLE
#define IORING_RECVSEND_BUNDLE (1U << 4)
#endif
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE (1U << 3)
#endif
#ifndef IORING_NOTIF_USAGE_ZC_COPIED
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif
#ifndef IORING_CQE_F_BUF_MORE
#define IORING_CQE_F_BUF_MORE (1U << 4)
#endif

/* All of a send leaves before it completes; a closed peer is an error, not a signal. */
static const int CAIRN_SEND_FLAGS = MSG_WAITALL | MSG_NOSIGNAL;
/* The write is on the medium when it completes: RWF_DSYNC. */
static const int CAIRN_WRITE_DURABLE = 0x00000002;
/* A direct receive completes when its destination is full. */
static const int CAIRN_RECV_FLAGS = MSG_WAITALL;

enum {
    /* Operations added after the installed header. */
    CAIRN_OP_SEND_ZC = 47,
    CAIRN_OP_SENDMSG_ZC = 48,
};

_Static_assert(sizeof(struct io_uring_sqe) == 64, "SQE layout");
_Static_assert(sizeof(struct io_uring_cqe) == 16, "CQE layout");
_Static_assert(sizeof(struct io_uring_buf) == 16, "provided buffer layout");
_Static_assert(offsetof(struct io_uring_buf_ring, tail) == 14, "buffer ring tail");

/* ---- set-up ------------------------------------------------------------------------------- */

/* Creates a ring with `flags`; 0, or a negative errno. */
static inline int cairn_ring_init(struct io_uring *ring, unsigned entries, unsigned cq_entries,
                                  unsigned flags) {
    struct io_uring_params p;
    memset(&p, 0, sizeof p);
    p.flags = flags;
    if (cq_entries) {
        p.flags |= IORING_SETUP_CQSIZE;
        p.cq_entries = cq_entries;
    }
    int rc = io_uring_queue_init_params(entries, ring, &p);
    if (rc < 0) return rc;
    /* SQE i always stands at array index i, so that flushing is one store. */
    for (unsigned i = 0; i < p.sq_entries; i++) ring->sq.array[i] = i;
    return 0;
}

static inline unsigned cairn_ring_features(const struct io_uring *ring) { return ring->features; }
static inline int cairn_ring_fd(const struct io_uring *ring) { return ring->ring_fd; }

/* Whether the kernel knows operation `op`. */
static inline int cairn_probe_op(const struct io_uring_probe *p, int op) {
    return op <= p->last_op && (p->ops[op].flags & IO_URING_OP_SUPPORTED) != 0;
}

static inline int cairn_register_buffer_ring(struct io_uring *ring, void *base, unsigned entries,
                                             unsigned short group) {
    struct io_uring_buf_reg reg;
    memset(&reg, 0, sizeof reg);
    reg.ring_addr = (uint64_t)(uintptr_t)base;
    reg.ring_entries = entries;
    reg.bgid = group;
    return io_uring_register_buf_ring(ring, &reg, 0);
}

static inline int cairn_update_file(struct io_uring *ring, unsigned slot, int fd) {
    return io_uring_register_files_update(ring, slot, &fd, 1);
}

static inline int cairn_update_buffer(struct io_uring *ring, unsigned slot, void *base, size_t n) {
    struct iovec v = {base, n};
    __u64 tag = 0;
    return io_uring_register_buffers_update_tag(ring, slot, &v, &tag, 1);
}

/* ---- submission --------------------------------------------------------------------------- */

/* The next free SQE, zeroed, or NULL when the queue is full. */
static inline struct io_uring_sqe *cairn_sqe(struct io_uring *ring) {
    struct io_uring_sq *sq = &ring->sq;
    unsigned head = io_uring_smp_load_acquire(sq->khead);
    if (sq->sqe_tail - head >= *sq->kring_entries) return NULL;
    struct io_uring_sqe *sqe = &sq->sqes[sq->sqe_tail & *sq->kring_mask];
    sq->sqe_tail++;
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

static inline unsigned cairn_sq_space(const struct io_uring *ring) {
    const struct io_uring_sq *sq = &ring->sq;
    return *sq->kring_entries - (sq->sqe_tail - io_uring_smp_load_acquire(sq->khead));
}

/* The one kernel entry of a loop turn: submits everything prepared, runs deferred completions, and
 * waits for `wait` of them, at most `timeout_ns` (negative: no bound). Returns the number
 * submitted, or a negative errno (-ETIME and -EINTR are ordinary). */
static inline int cairn_enter(struct io_uring *ring, unsigned wait, int64_t timeout_ns) {
    struct io_uring_sq *sq = &ring->sq;
    unsigned tail = sq->sqe_tail;
    if (sq->sqe_head != tail) {
        sq->sqe_head = tail;
        io_uring_smp_store_release(sq->ktail, tail);
    }
    unsigned submit = tail - io_uring_smp_load_acquire(sq->khead);
    unsigned flags = IORING_ENTER_GETEVENTS;
    if (ring->int_flags & 1) flags |= IORING_ENTER_REGISTERED_RING;
    struct __kernel_timespec ts;
    struct io_uring_getevents_arg arg;
    void *argp = NULL;
    size_t argsz = 0;
    if (wait && timeout_ns >= 0) {
        ts.tv_sec = timeout_ns / 1000000000;
        ts.tv_nsec = timeout_ns % 1000000000;
        memset(&arg, 0, sizeof arg);
        arg.sigmask_sz = _NSIG / 8;
        arg.ts = (uint64_t)(uintptr_t)&ts;
        argp = &arg;
        argsz = sizeof arg;
        flags |= IORING_ENTER_EXT_ARG;
    }
    return io_uring_enter2(ring->enter_ring_fd, submit, wait, flags, argp, argsz);
}

static inline void cairn_sqe_set(struct io_uring_sqe *sqe, int op, int fd, const void *addr,
                                 unsigned len, uint64_t off, uint64_t token) {
    sqe->opcode = (uint8_t)op;
    sqe->fd = fd;
    sqe->addr = (uint64_t)(uintptr_t)addr;
    sqe->len = len;
    sqe->off = off;
    sqe->user_data = token;
}

static inline void cairn_prep_accept(struct io_uring_sqe *sqe, int fd, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_ACCEPT, fd, NULL, 0, 0, token);
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->accept_flags = SOCK_CLOEXEC;
}

/* Receives into buffers of `group`, again and again until an error or an empty group. */
static inline void cairn_prep_recv_multishot(struct io_uring_sqe *sqe, int file,
                                             unsigned short group, unsigned ioprio,
                                             uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_RECV, file, NULL, 0, 0, token);
    sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->ioprio = (uint16_t)(IORING_RECV_MULTISHOT | ioprio);
    sqe->buf_group = group;
}

/* Receives once, at most `len` bytes, into one buffer of `group`. */
static inline void cairn_prep_recv_once(struct io_uring_sqe *sqe, int file, unsigned len,
                                        unsigned short group, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_RECV, file, NULL, len, 0, token);
    sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->buf_group = group;
}

static inline void cairn_prep_recv(struct io_uring_sqe *sqe, int file, void *base, unsigned len,
                                   int msg_flags, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_RECV, file, base, len, 0, token);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->msg_flags = (uint32_t)msg_flags;
}

static inline void cairn_prep_send(struct io_uring_sqe *sqe, int file, const void *base,
                                   unsigned len, int msg_flags, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_SEND, file, base, len, 0, token);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->msg_flags = (uint32_t)msg_flags;
}

/* `op` is IORING_OP_SENDMSG or CAIRN_OP_SENDMSG_ZC; `msg` stays valid until cairn_enter. */
static inline void cairn_prep_sendmsg(struct io_uring_sqe *sqe, int op, int file,
                                      const struct msghdr *msg, int msg_flags, unsigned ioprio,
                                      uint64_t token) {
    cairn_sqe_set(sqe, op, file, msg, 1, 0, token);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->msg_flags = (uint32_t)msg_flags;
    sqe->ioprio = (uint16_t)ioprio;
}

/* Cancels the operation submitted with `target` as its token. */
static inline void cairn_prep_cancel(struct io_uring_sqe *sqe, uint64_t target, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_ASYNC_CANCEL, -1, (const void *)(uintptr_t)target, 0, 0, token);
}

static inline void cairn_prep_shutdown(struct io_uring_sqe *sqe, int file, int how,
                                       uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_SHUTDOWN, file, NULL, (unsigned)how, 0, token);
    sqe->flags = IOSQE_FIXED_FILE;
}

/* ---- files ---- */

/* `op` is IORING_OP_READ or IORING_OP_WRITE. */
static inline void cairn_prep_file(struct io_uring_sqe *sqe, int op, int file, void *base,
                                   unsigned len, uint64_t offset, int rw_flags, uint64_t token) {
    cairn_sqe_set(sqe, op, file, base, len, offset, token);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->rw_flags = rw_flags;
}

/* `op` is IORING_OP_READV or IORING_OP_WRITEV; the vector stays valid until cairn_enter. */
static inline void cairn_prep_file_vector(struct io_uring_sqe *sqe, int op, int file,
                                          const struct iovec *vector, unsigned count,
                                          uint64_t offset, int rw_flags, uint64_t token) {
    cairn_sqe_set(sqe, op, file, vector, count, offset, token);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->rw_flags = rw_flags;
}

/* Flushes the file's data, and the device's cache below it. */
static inline void cairn_prep_sync_data(struct io_uring_sqe *sqe, int file, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_FSYNC, file, NULL, 0, 0, token);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->fsync_flags = IORING_FSYNC_DATASYNC;
}

/* Posts a completion (`token`, result) on the ring of `ring_fd`; ours only on error. */
static inline void cairn_prep_message(struct io_uring_sqe *sqe, int ring_fd, int result,
                                      uint64_t remote_token, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_MSG_RING, ring_fd, NULL, (unsigned)result, remote_token, token);
    sqe->flags = IOSQE_CQE_SKIP_SUCCESS;
}

static inline void cairn_prep_connect(struct io_uring_sqe *sqe, int fd, const struct sockaddr *addr,
                                      unsigned len, uint64_t token) {
    cairn_sqe_set(sqe, IORING_OP_CONNECT, fd, addr, 0, len, token);
}

static inline void cairn_sqe_flag(struct io_uring_sqe *sqe, unsigned flags) {
    sqe->flags |= (uint8_t)flags;
}

/* ---- completion --------------------------------------------------------------------------- */

static inline unsigned cairn_cq_ready(const struct io_uring *ring) {
    return io_uring_smp_load_acquire(ring->cq.ktail) - *ring->cq.khead;
}

static inline struct io_uring_cqe cairn_cq_at(const struct io_uring *ring, unsigned index) {
    return ring->cq.cqes[(*ring->cq.khead + index) & *ring->cq.kring_mask];
}

static inline void cairn_cq_advance(struct io_uring *ring, unsigned count) {
    io_uring_smp_store_release(ring->cq.khead, *ring->cq.khead + count);
}

static inline unsigned cairn_cq_overflow(const struct io_uring *ring) {
    return *ring->cq.koverflow;
}

/* ---- provided buffers ---------------------------------------------------------------------- */

/* Puts buffer `id` at position `offset` behind the tail; cairn_buffers_publish shows them. */
static inline void cairn_buffer_add(struct io_uring_buf_ring *br, void *base, unsigned len,
                                    unsigned short id, unsigned mask, unsigned offset) {
    struct io_uring_buf *buf = &br->bufs[(br->tail + offset) & mask];
    buf->addr = (uint64_t)(uintptr_t)base;
    buf->len = len;
    buf->bid = id;
}

static inline void cairn_buffers_publish(struct io_uring_buf_ring *br, unsigned count) {
    io_uring_smp_store_release(&br->tail, (unsigned short)(br->tail + count));
}

/* ---- clocks -------------------------------------------------------------------------------- */

static inline uint64_t cairn_clock_ns(int clock) {
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#endif
