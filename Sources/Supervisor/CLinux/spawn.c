#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The child runs on the parent's memory until it executes its program (CLONE_VM), while the calling thread sleeps
// (CLONE_VFORK): no page tables are copied, however large the parent, and the child reports a failure by writing it
// here. In return it may only make system calls: no allocation, no lock, nothing that another thread may hold.
struct child {
    const struct cl_spawn_request *request;
    volatile int failed_step;
    volatile int error;
};

enum {
    // Frames of child_main and of the C library's wrappers; a few hundred bytes are used.
    CHILD_STACK_SIZE = 32 * 1024,
    // Signals are 1 … 64 on x86-64 and arm64; a kernel signal set is 8 bytes.
    LAST_SIGNAL = 64,
    KERNEL_SIGNAL_SET_SIZE = 8,
    // waitid's idtype for a pidfd (Linux 5.4); older C libraries do not name it.
    WAIT_PIDFD = 3,
    // clone3 (Linux 5.3, the same number everywhere) and its flag to begin in a control group (5.7); older headers have
    // neither.
    NUMBER_OF_CLONE3 = 435,
    // What a shell answers for a program that could not be executed. Nobody sees it: the parent reaps this child.
    EXIT_NOT_EXECUTED = 127,
};

#define BEGIN_IN_CGROUP UINT64_C(0x200000000)

// struct clone_args of the kernel, as of Linux 5.7.
struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static _Noreturn void fail(struct child *child, enum cl_spawn_step step, int error) {
    child->failed_step = step;
    child->error = error;
    _exit(EXIT_NOT_EXECUTED);
}

// Ignored signals survive exec. The raw call reaches 32 and 33 too, which the C library keeps to itself; and only all
// zeroes (default action, no flags, empty mask) but for the handler may be passed so, since the kernel's structure
// differs from the library's.
static void reset_signals(struct child *child) {
    static const unsigned long defaults[8];
    // The handler is the structure's first word, and 1 is SIG_IGN.
    static const unsigned long ignoring[8] = {1};
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        int is_ignored = child->request->ignored_signals >> (number - 1) & 1;
        if (syscall(SYS_rt_sigaction, number, is_ignored ? ignoring : defaults, NULL, KERNEL_SIGNAL_SET_SIZE)) {
            fail(child, CL_SPAWN_SIGACTION, errno);
        }
    }
}

static void place_descriptors(struct child *child) {
    const struct cl_spawn_request *request = child->request;
    int count = request->descriptor_count;
    int moved[CL_CHILD_DESCRIPTORS];
    // First out of the way of the numbers to be filled, or a dup2 would close one that is still to be placed.
    for (int i = 0; i < count; i++) {
        moved[i] = request->descriptors[i];
        if (moved[i] < count) moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, count);
        if (moved[i] < 0) fail(child, CL_SPAWN_DUP, errno);
    }
    for (int i = 0; i < count; i++) {
        if (dup2(moved[i], i) < 0) fail(child, CL_SPAWN_DUP, errno);
    }
}

static void close_others(struct child *child) {
    unsigned first = (unsigned)child->request->descriptor_count;
#ifdef SYS_close_range
    if (!syscall(SYS_close_range, first, ~0U, 0)) return;
    if (errno != ENOSYS && errno != EPERM) fail(child, CL_SPAWN_CLOSE_RANGE, errno);
#endif
    // Before Linux 5.9, or under an old container filter: one by one. Ours are close-on-exec anyway; this is for those
    // that the parent inherited.
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) fail(child, CL_SPAWN_CLOSE_RANGE, errno);
    for (rlim_t descriptor = first; descriptor < limit.rlim_cur; descriptor++) close((int)descriptor);
}

static void limit_descriptors(struct child *child) {
    rlim_t wanted = child->request->descriptor_limit;
    if (!wanted) return;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) fail(child, CL_SPAWN_SETRLIMIT, errno);
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) fail(child, CL_SPAWN_SETRLIMIT, errno);
}

static void set_limits(struct child *child) {
    const struct cl_spawn_request *request = child->request;
    for (int i = 0; i < request->limit_count; i++) {
        const struct cl_resource_limit *wanted = &request->limits[i];
        struct rlimit limit = {
            .rlim_cur = wanted->soft == CL_NO_LIMIT ? RLIM_INFINITY : wanted->soft,
            .rlim_max = wanted->hard == CL_NO_LIMIT ? RLIM_INFINITY : wanted->hard,
        };
        if (setrlimit(wanted->resource, &limit)) fail(child, CL_SPAWN_SETRLIMIT, errno);
    }
}

static void set_priority_and_processors(struct child *child) {
    const struct cl_spawn_request *request = child->request;
    if (request->sets_nice && setpriority(PRIO_PROCESS, 0, request->nice)) fail(child, CL_SPAWN_PRIORITY, errno);
    if (request->processor_bytes &&
        syscall(SYS_sched_setaffinity, 0, request->processor_bytes, request->processors) < 0) {
        fail(child, CL_SPAWN_AFFINITY, errno);
    }
}

// The raw calls: those of the C library have all threads of the process do the same, and the child shares the parent's
// memory, so it would take the parent's threads for its own.
static void set_identity(struct child *child) {
    const struct cl_spawn_request *request = child->request;
    if (!request->sets_identity) return;
    if (syscall(SYS_setgroups, request->group_count, request->groups)) fail(child, CL_SPAWN_SETGROUPS, errno);
    if (syscall(SYS_setresgid, request->group, request->group, request->group)) fail(child, CL_SPAWN_SETGID, errno);
    if (syscall(SYS_setresuid, request->user, request->user, request->user)) fail(child, CL_SPAWN_SETUID, errno);
}

static _Noreturn void execute(struct child *child) {
    const struct cl_spawn_request *request = child->request;
    int error = ENOENT;
    for (const char *const *path = request->candidates; *path; path++) {
        execve(*path, request->arguments, request->environment);
        switch (errno) {
            // Nothing here: look further, as execvp does.
            case ENOENT:
            case ENOTDIR:
            case ENODEV:
            case ESTALE:
            case ETIMEDOUT:
                break;
            // Something is here that may not be executed: look further, but say so if nothing better comes.
            case EACCES:
                error = EACCES;
                break;
            default:
                fail(child, CL_SPAWN_EXECVE, errno);
        }
    }
    fail(child, CL_SPAWN_EXECVE, error);
}

static int child_main(void *raw) {
    struct child *child = raw;
    if (setsid() < 0) fail(child, CL_SPAWN_SETSID, errno);
    reset_signals(child);
    place_descriptors(child);
    close_others(child);
    // What takes rights comes before they are given up.
    set_priority_and_processors(child);
    limit_descriptors(child);
    set_limits(child);
    if (child->request->umask >= 0) umask((mode_t)child->request->umask);
    set_identity(child);
    if (child->request->directory && chdir(child->request->directory)) fail(child, CL_SPAWN_CHDIR, errno);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL)) fail(child, CL_SPAWN_SIGPROCMASK, errno);
    execute(child);
}

// Where SIGCHLD is ignored (which is inherited through exec), the kernel reaps children itself and their statuses are
// lost.
static void keep_child_statuses(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action)) return;
    if (action.sa_handler != SIG_IGN && !(action.sa_flags & SA_NOCLDWAIT)) return;
    action = (struct sigaction){.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &action, NULL);
}

// What clone() does, for clone3(), which the C library has no function for: the child begins on a stack of its own, so
// that it cannot damage the frames of the parent, which go on being used.
static long clone_into(struct clone_arguments *arguments, int (*body)(void *), void *context) {
#if defined(__x86_64__)
    long result;
    register int (*kept_body)(void *) __asm__("r12") = body;
    register void *kept_context __asm__("r13") = context;
    __asm__ volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %%r13, %%rdi\n\t"
        "call *%%r12\n\t"
        "ud2\n"
        "1:"
        : "=a"(result)
        : "0"((long)NUMBER_OF_CLONE3), "D"(arguments), "S"(sizeof *arguments), "r"(kept_body), "r"(kept_context)
        : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long number __asm__("x8") = NUMBER_OF_CLONE3;
    register long result __asm__("x0") = (long)arguments;
    register long size __asm__("x1") = sizeof *arguments;
    register int (*kept_body)(void *) __asm__("x19") = body;
    register void *kept_context __asm__("x20") = context;
    __asm__ volatile(
        "svc #0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, #0\n\t"
        "mov x0, x20\n\t"
        "blr x19\n\t"
        "brk #0\n"
        "1:"
        : "+r"(result)
        : "r"(number), "r"(size), "r"(kept_body), "r"(kept_context)
        : "memory", "cc");
    return result;
#else
    (void)arguments, (void)body, (void)context;
    return -ENOSYS;
#endif
}

// Answers the child's number, or the negated errno.
static int start_child(const struct cl_spawn_request *request, unsigned char *stack, struct child *child, int *pidfd) {
    if (request->cgroup < 0) {
        int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
        int pid = clone(child_main, stack + CHILD_STACK_SIZE, flags, child, pidfd);
        return pid < 0 ? -errno : pid;
    }
    // Born in its group: to move a process afterwards takes the kernel some ten milliseconds, in which this thread
    // would stand still.
    struct clone_arguments arguments = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | BEGIN_IN_CGROUP,
        .pidfd = (uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uintptr_t)stack,
        .stack_size = CHILD_STACK_SIZE,
        .cgroup = (uint64_t)request->cgroup,
    };
    return (int)clone_into(&arguments, child_main, child);
}

static void reap_failed(int pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
}

int cl_spawn(const struct cl_spawn_request *request, struct cl_spawn_result *result) {
    if (request->descriptor_count > CL_CHILD_DESCRIPTORS) {
        result->failed_step = CL_SPAWN_DUP;
        return -EINVAL;
    }
    keep_child_statuses();

    // A handler of the parent must not run in the child: it would work on the parent's memory.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    _Alignas(16) unsigned char stack[CHILD_STACK_SIZE];
    struct child child = {.request = request};
    int pidfd = -1;
    int pid = start_child(request, stack, &child, &pidfd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (pid < 0) {
        // What both may answer is not about the group.
        int is_about_group = request->cgroup >= 0 && pid != -EAGAIN && pid != -ENOMEM && pid != -EMFILE &&
                             pid != -ENFILE;
        result->failed_step = is_about_group ? CL_SPAWN_CGROUP : CL_SPAWN_CLONE;
        return pid;
    }
    // A kernel before 5.2 ignores CLONE_PIDFD.
    if (!child.error && pidfd < 0) {
        child.failed_step = CL_SPAWN_PIDFD;
        child.error = ENOSYS;
        kill(pid, SIGKILL);
    }
    if (child.error) {
        reap_failed(pid);
        if (pidfd >= 0) close(pidfd);
        result->failed_step = child.failed_step;
        return -child.error;
    }
    result->pid = pid;
    result->pidfd = pidfd;
    return 0;
}

int cl_reap(int pidfd, struct cl_exit *ending) {
    siginfo_t info = {0};
    struct rusage usage;
    // The raw call: the C library's has no place for the usage.
    int result;
    do result = (int)syscall(SYS_waitid, WAIT_PIDFD, pidfd, &info, WEXITED | WNOHANG, &usage);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    if (!info.si_pid) return 0;

    *ending = (struct cl_exit){
        .pid = info.si_pid,
        .value = info.si_status,
        .was_signaled = info.si_code != CLD_EXITED,
        .dumped_core = info.si_code == CLD_DUMPED,
        .user_microseconds = usage.ru_utime.tv_sec * INT64_C(1000000) + usage.ru_utime.tv_usec,
        .system_microseconds = usage.ru_stime.tv_sec * INT64_C(1000000) + usage.ru_stime.tv_usec,
        .peak_resident_kibibytes = usage.ru_maxrss,
    };
    return 1;
}

int cl_peek_ended(void) {
    siginfo_t info = {0};
    int result;
    do result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : info.si_pid;
}

int cl_reap_number(int pid) {
    int result;
    do result = waitpid(pid, NULL, WNOHANG);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    return result > 0;
}

int cl_adopt_orphans(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) ? -errno : 0;
}

int cl_pidfd_open(int pid) {
    int result = (int)syscall(SYS_pidfd_open, pid, 0);
    return result < 0 ? -errno : result;
}

int cl_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int cl_set_process_name(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0) ? -errno : 0;
}
