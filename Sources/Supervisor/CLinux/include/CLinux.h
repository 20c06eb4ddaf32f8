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
    // The control group: the kernel cannot start a child in one (ENOSYS before Linux 5.7), or this one takes none.
    CL_SPAWN_CGROUP,
    CL_SPAWN_SETSID,
    CL_SPAWN_SIGACTION,
    CL_SPAWN_DUP,
    CL_SPAWN_CLOSE_RANGE,
    CL_SPAWN_SETRLIMIT,
    CL_SPAWN_PRIORITY,
    CL_SPAWN_AFFINITY,
    CL_SPAWN_SETGROUPS,
    CL_SPAWN_SETGID,
    CL_SPAWN_SETUID,
    CL_SPAWN_CHDIR,
    CL_SPAWN_SIGPROCMASK,
    CL_SPAWN_EXECVE,
};

// A limit of getrlimit(2), soft and hard; CL_NO_LIMIT for none.
struct cl_resource_limit {
    int resource;
    uint64_t soft;
    uint64_t hard;
};
#define CL_NO_LIMIT UINT64_MAX

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
    // The signals that the child ignores instead of meeting their default action: bit n - 1 for signal n.
    uint64_t ignored_signals;
    // The control group (v2) that the child begins its life in, as a descriptor of its directory; -1: the parent's.
    int cgroup;

    // File mode bits that the child does not give; -1: as the parent.
    int umask;
    // Not 0: `nice` is the child's, else the parent's.
    int sets_nice;
    int nice;
    // The processors that it may use: bit n of byte n / 8 for processor n; 0 bytes: as the parent.
    const uint8_t *_Nullable processors;
    uint64_t processor_bytes;
    const struct cl_resource_limit *_Nullable limits;
    int limit_count;
    // Not 0: it becomes `user`, `group` and the supplementary `groups`. Only root may ask for that.
    int sets_identity;
    uint32_t user;
    uint32_t group;
    const uint32_t *_Nullable groups;
    int group_count;
};

struct cl_spawn_result {
    int pid;
    int pidfd;
    // Set when the spawn failed.
    int failed_step;
};

// Starts a child in a session of its own, with all signals unblocked and at their defaults (but for those that it is to
// ignore), and answers when it has executed its program: 0, or the negated errno with `failed_step`. Safe beside other threads.
int cl_spawn(const struct cl_spawn_request *request, struct cl_spawn_result *result);

struct cl_exit {
    int pid;
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

// The number of a child that has ended and was not reaped, which it stays: 0 when there is none, -ECHILD when there is
// no child at all.
int cl_peek_ended(void);

// Reaps the child of this number if it has ended: 1, or 0 while it runs.
int cl_reap_number(int pid);

// From now on this process is the parent of those among its descendants whose own parent ends.
int cl_adopt_orphans(void);

// A close-on-exec descriptor of a process, a child or not.
int cl_pidfd_open(int pid);
int cl_pidfd_signal(int pidfd, int signal);

// The name of the program as `ps -o comm` and `killall` know it; 15 bytes count.
int cl_set_process_name(const char *name);

#pragma clang assume_nonnull end

#endif
