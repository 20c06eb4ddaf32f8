// What Swift cannot call on Linux: system calls that the Glibc module does not offer, and the set-up of a child between
// clone and exec. Every function answers a value >= 0, or the negated errno. None of them keeps state of its own.
//
// Feature macros (_GNU_SOURCE) stay in the .c files: here they would make Swift see two different fd_set types.
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>

#pragma clang assume_nonnull begin

// ---- Readiness (epoll) ---------------------------------------------------------------------------------------------

// The kernel's epoll bits under names of our own; shims.c asserts that they are equal.
enum {
    CL_READABLE = 0x001,
    CL_WRITABLE = 0x004,
    CL_ERROR = 0x008,
    CL_HANG_UP = 0x010,
    CL_PEER_HANG_UP = 0x2000,
};
#define CL_EDGE_TRIGGERED 0x80000000u

// The most events that one wait answers.
enum { CL_EVENT_BATCH = 256 };

// One ready descriptor. Unlike struct epoll_event it has the same layout on x86-64 (packed there) and arm64.
struct cl_event {
    uint64_t token;
    uint32_t events;
    uint32_t unused;
};

// A new epoll descriptor, close-on-exec.
int cl_epoll_create(void);
int cl_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int cl_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);
int cl_epoll_remove(int epoll, int descriptor);

// Waits for at most `timeout` nanoseconds (negative: for ever), writes at most CL_EVENT_BATCH events and afterwards the
// monotonic time. Answers the number of events; 0 when the time passed or a signal interrupted the wait.
int cl_epoll_wait(int epoll, struct cl_event *events, int64_t timeout, uint64_t *now);

// CLOCK_MONOTONIC in nanoseconds.
uint64_t cl_monotonic_now(void);

// ---- Descriptors ---------------------------------------------------------------------------------------------------

// A new event descriptor, close-on-exec and non-blocking.
int cl_eventfd_create(void);

// A pipe whose ends are close-on-exec and blocking: ends[0] reads, ends[1] writes.
int cl_pipe_create(int *ends);

// Asks for a pipe buffer of `bytes`; answers the size that it got.
int cl_pipe_set_capacity(int descriptor, int bytes);

// Accepts one connection, non-blocking and close-on-exec.
int cl_accept(int listener);

// Writes three parts with one system call; empty parts are allowed. Answers the number of bytes taken.
int64_t cl_write_parts(int descriptor, const void *_Nullable a, uint64_t a_count, const void *_Nullable b,
                       uint64_t b_count, const void *_Nullable c, uint64_t c_count);

// ---- Signals and threads -------------------------------------------------------------------------------------------

// Blocks the signals for the calling thread and answers a non-blocking, close-on-exec descriptor that yields them.
int cl_signalfd_create(const int *signals, int count);

// The next signal's number, or -EAGAIN.
int cl_signalfd_read(int descriptor);

// Starts a detached thread that takes no signals. `name` is cut to 15 bytes.
int cl_thread_start(const char *name, void (*body)(void *_Nullable), void *_Nullable context);

// ---- Child processes -----------------------------------------------------------------------------------------------

// The most descriptors a child can be given.
enum { CL_CHILD_DESCRIPTORS = 8 };

// Where a spawn failed.
enum cl_spawn_step {
    CL_SPAWN_CLONE,
    CL_SPAWN_PIDFD,
    CL_SPAWN_SETSID,
    CL_SPAWN_SIGACTION,
    CL_SPAWN_DUP,
    CL_SPAWN_CLOSE_RANGE,
    CL_SPAWN_SETRLIMIT,
    CL_SPAWN_CHDIR,
    CL_SPAWN_SIGPROCMASK,
    CL_SPAWN_EXECVE,
};

struct cl_spawn_request {
    // Paths to execute, tried in order as execvp does; ends with NULL.
    const char *_Nullable const *_Nonnull candidates;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    // NULL: the parent's.
    const char *_Nullable directory;
    // descriptors[i] becomes the child's descriptor i; every other one is closed.
    const int *descriptors;
    int descriptor_count;
    // The child's soft limit of open descriptors (never above the hard one); 0: as it is.
    uint64_t descriptor_limit;
    // Not 0: the child ignores SIGTERM, instead of the default.
    int ignores_termination;
};

struct cl_spawn_result {
    int pid;
    int pidfd;
    // Set when the spawn failed.
    int failed_step;
};

// Starts a child in a session of its own, with all signals unblocked and at their defaults (but for SIGTERM, if so
// asked), and answers when it has executed its program: 0, or the negated errno with `failed_step`. Safe beside other threads.
int cl_spawn(const struct cl_spawn_request *request, struct cl_spawn_result *result);

struct cl_exit {
    // The exit code, or the number of the signal.
    int value;
    int was_signaled;
    int dumped_core;
    int64_t user_microseconds;
    int64_t system_microseconds;
    int64_t peak_resident_kibibytes;
};

// Reaps the child behind a pidfd without waiting: 1 when it has ended, 0 while it runs.
int cl_reap(int pidfd, struct cl_exit *ending);

#pragma clang assume_nonnull end

#endif
