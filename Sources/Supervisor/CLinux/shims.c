#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

_Static_assert(CL_READABLE == EPOLLIN && CL_WRITABLE == EPOLLOUT, "epoll bits");
_Static_assert(CL_ERROR == EPOLLERR && CL_HANG_UP == EPOLLHUP && CL_PEER_HANG_UP == EPOLLRDHUP, "epoll bits");
_Static_assert(CL_EDGE_TRIGGERED == (uint32_t)EPOLLET, "epoll bits");

enum { NANOSECONDS_PER_MILLISECOND = 1000000, NANOSECONDS_PER_SECOND = 1000000000 };

static int answer(int result) {
    return result < 0 ? -errno : result;
}

// ---- Readiness (epoll) ---------------------------------------------------------------------------------------------

int cl_epoll_create(void) {
    return answer(epoll_create1(EPOLL_CLOEXEC));
}

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return answer(epoll_ctl(epoll, operation, descriptor, &event));
}

int cl_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int cl_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int cl_epoll_remove(int epoll, int descriptor) {
    return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

static int wait_milliseconds(int epoll, struct epoll_event *ready, int64_t timeout) {
    // Rounded up: waking before the deadline would only spin through an empty turn.
    int64_t milliseconds = timeout / NANOSECONDS_PER_MILLISECOND + (timeout % NANOSECONDS_PER_MILLISECOND != 0);
    return epoll_wait(epoll, ready, CL_EVENT_BATCH, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds);
}

static int wait_nanoseconds(int epoll, struct epoll_event *ready, int64_t timeout) {
#ifdef SYS_epoll_pwait2
    // Linux 5.11. Older kernels answer ENOSYS, old container filters EPERM: asked once, then remembered.
    static atomic_int unavailable;
    if (!atomic_load_explicit(&unavailable, memory_order_relaxed)) {
        struct timespec span = {timeout / NANOSECONDS_PER_SECOND, timeout % NANOSECONDS_PER_SECOND};
        int count = (int)syscall(SYS_epoll_pwait2, epoll, ready, CL_EVENT_BATCH, &span, NULL, 0);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
        atomic_store_explicit(&unavailable, 1, memory_order_relaxed);
    }
#endif
    return wait_milliseconds(epoll, ready, timeout);
}

int cl_epoll_wait(int epoll, struct cl_event *events, int64_t timeout, uint64_t *now) {
    struct epoll_event ready[CL_EVENT_BATCH];
    int count = timeout > 0 ? wait_nanoseconds(epoll, ready, timeout)
                            : epoll_wait(epoll, ready, CL_EVENT_BATCH, timeout < 0 ? -1 : 0);
    int error = errno;
    *now = cl_monotonic_now();
    if (count < 0) return error == EINTR ? 0 : -error;
    for (int i = 0; i < count; i++) {
        events[i].token = ready[i].data.u64;
        events[i].events = ready[i].events;
    }
    return count;
}

uint64_t cl_monotonic_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)now.tv_nsec;
}

// ---- Descriptors ---------------------------------------------------------------------------------------------------

int cl_eventfd_create(void) {
    return answer(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int cl_pipe_create(int *ends) {
    return answer(pipe2(ends, O_CLOEXEC));
}

int cl_pipe_set_capacity(int descriptor, int bytes) {
    return answer(fcntl(descriptor, F_SETPIPE_SZ, bytes));
}

int cl_accept(int listener) {
    return answer(accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int64_t cl_write_parts(int descriptor, const void *a, uint64_t a_count, const void *b, uint64_t b_count, const void *c,
                       uint64_t c_count) {
    // writev takes no pointer to const, though it only reads.
    struct iovec parts[3] = {{(void *)a, a_count}, {(void *)b, b_count}, {(void *)c, c_count}};
    ssize_t count = writev(descriptor, parts, 3);
    return count < 0 ? -errno : count;
}

// ---- Signals and threads -------------------------------------------------------------------------------------------

int cl_signalfd_create(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) {
        if (sigaddset(&set, signals[i])) return -errno;
    }
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) return -error;
    return answer(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int cl_signalfd_read(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count;
    do count = read(descriptor, &info, sizeof info);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : (int)info.ssi_signo;
}

struct thread_start {
    void (*body)(void *);
    void *context;
};

static void *run_thread(void *raw) {
    struct thread_start start = *(struct thread_start *)raw;
    free(raw);
    start.body(start.context);
    return NULL;
}

int cl_thread_start(const char *name, void (*body)(void *), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    *start = (struct thread_start){body, context};

    // The thread inherits the mask, so there is no moment in which it could take a signal meant for the loop.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_thread, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(start);
        return -error;
    }
    char short_name[16] = {0};
    strncpy(short_name, name, sizeof short_name - 1);
    pthread_setname_np(thread, short_name);
    pthread_detach(thread);
    return 0;
}
