// The benchmark's worker: a model that costs nothing, so that what is measured is the supervisor. It speaks
// ../Sources/WireProtocol/PROTOCOL.md (§: sections there) and has one handler, `stream`, whose outputs are those of the
// benchmark harness's `limit`, so that both move the same bytes. README.md says how it is used.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// § 4
enum { S_HELLO = 0x01, S_INITIALIZE = 0x02, S_PREDICT = 0x10, S_CANCEL = 0x11, S_PING = 0x20, S_HEALTH = 0x21,
       S_SHUTDOWN = 0x2F };
enum { W_HELLO = 0x81, W_READY = 0x83, W_STARTED = 0x90, W_OUTPUT = 0x91, W_DONE = 0x95, W_PONG = 0xA1,
       W_HEALTH = 0xA2 };
enum { COLLECTED = 0x01, NO_SLOT = 0xFFFF, HEADER = 16 };

enum {
    SLOTS = 128,               // more than the 100 streams of scenario C
    LONGEST_FRAME = 64 << 20,  // § 7
    LONGEST_CHUNK = 60000,     // as in `limit`; a frame then fits into BATCH_BYTES
    BATCH_BYTES = 64 * 1024,   // capacity of a pipe: a longer write cannot be taken at once
    QUICK_BYTES = PIPE_BUF,    // a pipe takes that much whole or not at all: the reading thread cannot hang in it
    QUICK_COUNT = 16,          // beyond it a run is a stream and gets a thread
    STACK_BYTES = 128 * 1024,  // of a run's thread, beside its buffer; 128 of them should cost nothing
    SPOKEN = 160,              // longest text around a chunk and longest message of this worker
    PATIENCE_NS = 50000000,    // longest sleep without a look at cancel
};
static const int64_t second = 1000000000;

struct input {
    double count, rate, size, stamp, hold, stream, streams;
};

struct run {
    uint16_t slot;
    uint64_t number, frames;  // frames: written so far, § 5
    struct input input;
};

static int pipe_in, pipe_out, batch = 1;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;  // a frame is written whole
static _Atomic uint64_t canceled[SLOTS];  // number of the run that was last canceled in a slot; it can be no other's
static atomic_bool cancel_all, stopping;
static atomic_int active;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(1);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * second + t.tv_nsec;
}

// ---- JSON, as much of it as this worker needs ----------------------------------------------------------------------
// The supervisor sends valid JSON (§ 2), so that a value's end can be found without understanding it. Keys are compared
// as they are written: nobody writes "count" with escapes.
static const char *skip_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) p++;
    return p;
}

static const char *skip_string(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p < end ? p + 1 : end;
}

static const char *skip_value(const char *p, const char *end) {
    int depth = 0;
    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
        } else if (*p == '{' || *p == '[') {
            depth++, p++;
        } else if (*p == '}' || *p == ']') {
            if (depth-- == 0) return p;
            p++;
        } else if (depth == 0 && *p == ',') {
            return p;
        } else {
            p++;
        }
        if (depth == 0 && (p[-1] == '}' || p[-1] == ']' || p[-1] == '"')) return p;
    }
    return end;
}

// The value of the last member `key` of the object at `p`, and its end; NULL: there is none, or this is no object.
static const char *member(const char *p, const char *end, const char *key, const char **value_end) {
    const char *found = NULL;
    size_t length = strlen(key);
    p = skip_blanks(p, end);
    if (p == end || *p != '{') return NULL;
    for (p = skip_blanks(p + 1, end); p < end && *p == '"'; p = skip_blanks(p + 1, end)) {
        const char *name = p + 1;
        p = skip_string(p, end);
        size_t name_length = (size_t)(p - name) - 1;
        p = skip_blanks(skip_blanks(p, end) + 1, end);  // the colon
        const char *value = p;
        p = skip_value(p, end);
        if (name_length == length && !memcmp(name, key, length)) found = value, *value_end = p;
        p = skip_blanks(p, end);
        if (p == end || *p != ',') break;
    }
    return found;
}

static double number(const char *object, const char *end, const char *key, double otherwise) {
    const char *value_end;
    const char *value = member(object, end, key, &value_end);
    char text[32];  // bounded, because what follows the payload is another frame
    if (!value || (*value != '-' && (*value < '0' || *value > '9'))) return otherwise;
    size_t length = (size_t)(value_end - value);
    if (length >= sizeof text) length = sizeof text - 1;
    memcpy(text, value, length);
    text[length] = 0;
    return strtod(text, NULL);
}

// ---- frames --------------------------------------------------------------------------------------------------------
static char *put(char *p, uint8_t type, uint8_t flags, uint16_t slot, uint64_t sequence, const char *payload,
                 size_t n) {
    uint32_t length = (uint32_t)n;  // little-endian, as the machines this is for
    memcpy(p, &length, 4);
    p[4] = (char)type;
    p[5] = (char)flags;
    memcpy(p + 6, &slot, 2);
    memcpy(p + 8, &sequence, 8);
    if (n) memcpy(p + HEADER, payload, n);
    return p + HEADER + n;
}

static void write_all(const char *p, size_t n) {
    while (n) {
        ssize_t k = write(pipe_out, p, n);
        if (k < 0 && errno != EINTR) _exit(1);  // the supervisor is gone
        if (k > 0) p += k, n -= (size_t)k;
    }
}

static void write_frames(const char *p, size_t n) {
    pthread_mutex_lock(&writing);
    write_all(p, n);
    pthread_mutex_unlock(&writing);
}

// Writes if that cannot block; for the thread that reads (§ 5, back-pressure).
static bool write_at_once(const char *p, size_t n) {
    struct pollfd out = {.fd = pipe_out, .events = POLLOUT};
    if (n > QUICK_BYTES || pthread_mutex_trylock(&writing)) return false;
    bool room = poll(&out, 1, 0) == 1 && (out.revents & POLLOUT);
    if (room) write_all(p, n);
    pthread_mutex_unlock(&writing);
    return room;
}

static void in_thread(void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, body, argument)) fail("a thread could not be made");
    pthread_attr_destroy(&attributes);
}

struct message {
    size_t length;
    char bytes[HEADER + SPOKEN];
};

static void *write_message(void *argument) {
    struct message *message = argument;
    write_frames(message->bytes, message->length);
    free(message);
    return NULL;
}

static void answer(uint8_t type, const char *payload, size_t n) {
    struct message *message = malloc(sizeof *message);
    if (!message || n > SPOKEN) fail("an answer of %zu bytes", n);
    message->length = (size_t)(put(message->bytes, type, 0, NO_SLOT, 0, payload, n) - message->bytes);
    if (write_at_once(message->bytes, message->length)) free(message);
    else in_thread(write_message, message);
}

// ---- runs ----------------------------------------------------------------------------------------------------------
static const char succeeded[] = "{\"status\":\"succeeded\"}", ended_early[] = "{\"status\":\"canceled\"}";

static bool is_canceled(const struct run *run) {
    return atomic_load_explicit(&canceled[run->slot], memory_order_relaxed) == run->number ||
           atomic_load_explicit(&cancel_all, memory_order_relaxed);
}

// Sleeps until `t`; false: canceled.
static bool sleep_until(const struct run *run, int64_t t) {
    for (int64_t left = t - now(); left > 0; left = t - now()) {
        int64_t until = left > PATIENCE_NS ? t - left + PATIENCE_NS : t;
        struct timespec ts = {.tv_sec = until / second, .tv_nsec = until % second};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
        if (is_canceled(run)) return false;
    }
    return !is_canceled(run);
}

// A chunk as JSON: `size` times x between quotes, the first of them replaced by the time if there is a stamp.
static size_t make_chunk(char *p, const struct input *input) {
    size_t size = (size_t)input->size;
    char stamp[32];
    size_t stamp_length = input->stamp > 0 ? (size_t)snprintf(stamp, sizeof stamp, "t=%lld ", (long long)now()) : 0;
    if (size < stamp_length) size = stamp_length;
    p[0] = '"';
    memset(p + 1, 'x', size);
    if (stamp_length) memcpy(p + 1, stamp, stamp_length);
    p[size + 1] = '"';
    return size + 2;
}

static char *put_end(char *p, struct run *run, bool early) {
    const char *text = early ? ended_early : succeeded;
    return put(p, W_DONE, COLLECTED, run->slot, run->frames++, text, strlen(text));
}

static void run_ended(void) {
    if (atomic_fetch_sub(&active, 1) == 1 && atomic_load(&stopping)) _exit(0);
}

static void *perform(void *argument) {
    struct run *run = argument;
    const struct input *input = &run->input;
    char *buffer = malloc(BATCH_BYTES), chunk[LONGEST_CHUNK + SPOKEN];
    if (!buffer) fail("out of memory");
    size_t chunk_length = make_chunk(chunk, input);
    write_frames(buffer, (size_t)(put(buffer, W_STARTED, 0, run->slot, run->frames++, NULL, 0) - buffer));

    int64_t count = (int64_t)input->count, start = now() + (int64_t)(input->hold * (double)second), i = 0;
    double step = input->rate > 0 ? (double)second / input->rate : 0;
    if (step > 0 && input->streams > 0) {
        // As in `limit`, the k-th of n streams ticks k/n of a step after the first, whenever its request came, so that
        // the ticks of many streams do not come in bursts.
        double tick = (double)((int64_t)((double)start / step) + 1);
        start = (int64_t)(step * (tick + input->stream / input->streams));
    }
    bool goes_on = sleep_until(run, start);
    while (goes_on && i < count) {
        int64_t due = count;
        if (step > 0) {
            goes_on = sleep_until(run, start + (int64_t)(step * (double)i));
            due = (int64_t)((double)(now() - start) / step) + 1;  // more than one if this thread is late
        }
        int64_t until = due < i + batch ? due : i + batch;
        if (until > count) until = count;
        if (until <= i) until = i + 1;
        char *p = buffer;
        for (; goes_on && i < until && p + HEADER + chunk_length <= buffer + BATCH_BYTES; i++) {
            if (input->stamp > 0) chunk_length = make_chunk(chunk, input);
            p = put(p, W_OUTPUT, 0, run->slot, run->frames++, chunk, chunk_length);
        }
        write_frames(buffer, (size_t)(p - buffer));
        goes_on = goes_on && !is_canceled(run);
    }
    write_frames(buffer, (size_t)(put_end(buffer, run, i < count) - buffer));
    free(buffer);
    free(run);
    run_ended();
    return NULL;
}

// A short run as one write from the thread that reads. False: it is not short, or the pipe has no room, and nothing was
// written.
static bool perform_at_once(struct run *run) {
    const struct input *input = &run->input;
    char bytes[QUICK_BYTES], *p = bytes;
    size_t one = HEADER + (size_t)input->size + SPOKEN;
    if (input->count > QUICK_COUNT || input->rate > 0 || input->hold > 0) return false;
    if (one * ((size_t)input->count + 1) > sizeof bytes) return false;
    p = put(p, W_STARTED, 0, run->slot, run->frames++, NULL, 0);
    for (int64_t i = 0; i < (int64_t)input->count; i++) {
        char chunk[QUICK_BYTES];
        size_t length = make_chunk(chunk, input);
        p = put(p, W_OUTPUT, 0, run->slot, run->frames++, chunk, length);
    }
    p = put_end(p, run, false);
    if (write_at_once(bytes, (size_t)(p - bytes))) return true;
    run->frames = 0;
    return false;
}

static void predict(uint16_t slot, uint64_t run_number, const char *payload, const char *end) {
    if (slot >= SLOTS) fail("wrongSlot: %u, where the last is %d", slot, SLOTS - 1);
    const char *input_end = end, *input = member(payload, end, "input", &input_end);
    struct run run = {.slot = slot, .number = run_number};
    run.input = (struct input){
        .count = number(input, input_end, "count", 1),
        .rate = number(input, input_end, "rate", 0),
        .size = number(input, input_end, "size", 4),
        .stamp = number(input, input_end, "stamp", 0),
        .hold = number(input, input_end, "hold", 0),
        .stream = number(input, input_end, "stream", 0),
        .streams = number(input, input_end, "streams", 0),
    };
    if (run.input.size > LONGEST_CHUNK) run.input.size = LONGEST_CHUNK;  // the schema says so to clients
    if (perform_at_once(&run)) return;
    struct run *kept = malloc(sizeof *kept);
    if (!kept) fail("out of memory");
    *kept = run;
    atomic_fetch_add(&active, 1);
    in_thread(perform, kept);
}

// ---- the conversation ----------------------------------------------------------------------------------------------
#define NUMBER(name, type, most, otherwise) \
    "\"" name "\":{\"type\":\"" type "\",\"minimum\":0,\"maximum\":" most ",\"default\":" otherwise "}"

static const char hello[] = "{\"protocol\":{\"major\":1,\"minor\":0},\"worker\":\"bench/1.0\",\"capabilities\":[]}";
static const char ready[] =
    "{\"handlers\":[{\"name\":\"stream\",\"streaming\":true,\"concurrency\":128,"
    "\"description\":\"Emits `count` chunks of `size` letters, `rate` a second (0: as fast as it can), after `hold` "
    "seconds; with `stamp` each begins with the time of CLOCK_MONOTONIC. If it is number `stream` of `streams`, they "
    "take turns.\","
    "\"input\":{\"type\":\"object\",\"properties\":{" NUMBER("count", "integer", "1000000000", "1") ","
    NUMBER("rate", "number", "1000000", "0") "," NUMBER("size", "integer", "60000", "4") ","
    NUMBER("stamp", "integer", "1", "0") "," NUMBER("hold", "number", "3600", "0") ","
    NUMBER("stream", "integer", "1000", "0") "," NUMBER("streams", "integer", "1000", "0") "}},"
    "\"output\":{\"type\":\"string\"}}]}";

static void *watch(void *argument) {
    struct pollfd death = {.fd = *(int *)argument, .events = 0};  // end of file is reported without being asked for
    while (poll(&death, 1, -1) < 1) {
    }
    _exit(1);
}

// The end of the grace of `shutdown`; 0: not asked to stop.
static int64_t ends_at;

static void handle(uint8_t type, uint16_t slot, uint64_t sequence, const char *payload, const char *end) {
    char text[SPOKEN];
    static const char healthy[] = "{\"healthy\":true}";
    switch (type) {
    case S_HELLO: {
        char out[HEADER + sizeof hello];
        write_frames(out, (size_t)(put(out, W_HELLO, 0, NO_SLOT, 0, hello, sizeof hello - 1) - out));
        const char *protocol_end = end, *protocol = member(payload, end, "protocol", &protocol_end);
        if (!protocol || number(protocol, protocol_end, "major", 0) != 1)
            fail("incompatibleVersion: this worker speaks version 1.0");
        break;
    }
    case S_INITIALIZE: {
        char out[HEADER + sizeof ready];
        write_frames(out, (size_t)(put(out, W_READY, 0, NO_SLOT, 0, ready, sizeof ready - 1) - out));
        break;
    }
    case S_PREDICT: predict(slot, sequence, payload, end); break;
    case S_CANCEL:
        if (slot < SLOTS) atomic_store(&canceled[slot], sequence);
        break;
    case S_PING:
        answer(W_PONG, text, (size_t)snprintf(text, sizeof text, "{\"nonce\":%.0f}", number(payload, end, "nonce", 0)));
        break;
    case S_HEALTH: answer(W_HEALTH, healthy, sizeof healthy - 1); break;
    case S_SHUTDOWN:
        atomic_store(&stopping, true);
        if (!atomic_load(&active)) _exit(0);
        ends_at = now() + (int64_t)(number(payload, end, "grace_ms", 0) * 1e6);
        break;
    default: fail("unknownType: %#04x", type);
    }
}

static ssize_t read_some(char *p, size_t n) {
    while (ends_at && !atomic_load(&cancel_all)) {
        struct pollfd in = {.fd = pipe_in, .events = POLLIN};
        int64_t left = (ends_at - now()) / 1000000;
        if (left < 0) atomic_store(&cancel_all, true);
        else if (poll(&in, 1, left > 1000 ? 1000 : (int)left + 1) > 0) break;
    }
    return read(pipe_in, p, n);
}

static void converse(void) {
    size_t capacity = BATCH_BYTES, have = 0;
    char *buffer = malloc(capacity);
    for (ssize_t n; buffer && ((n = read_some(buffer + have, capacity - have)) > 0 || errno == EINTR);) {
        if (n > 0) have += (size_t)n;
        size_t at = 0;
        while (have - at >= HEADER) {
            const char *p = buffer + at;
            uint32_t length;
            uint16_t slot;
            uint64_t sequence;
            memcpy(&length, p, 4);
            memcpy(&slot, p + 6, 2);
            memcpy(&sequence, p + 8, 8);
            if (length > LONGEST_FRAME) fail("payloadTooLong: %u bytes", length);
            if (p[5]) fail("forbiddenFlag: %#04x", (unsigned)(uint8_t)p[5]);
            if (have - at - HEADER < length) break;
            handle((uint8_t)p[4], slot, sequence, p + HEADER, p + HEADER + length);
            at += HEADER + length;
        }
        memmove(buffer, buffer + at, have -= at);
        if (have == capacity) buffer = realloc(buffer, capacity *= 2);  // grows with what has arrived
    }
    _exit(1);  // the supervisor is gone
}

int main(int argc, char **argv) {
    static int death;
    const char *pipes = getenv("SUPERVISOR_WORKER_PIPES");
    if (argc == 3 && !strcmp(argv[1], "--batch")) batch = atoi(argv[2]);
    else if (argc != 1) fail("usage: worker [--batch N]");
    if (batch < 1) fail("--batch must be at least 1");
    if (!pipes || sscanf(pipes, "%d,%d", &pipe_in, &pipe_out) != 2)
        fail("SUPERVISOR_WORKER_PIPES is not set: this program is started by `supervisor serve`");
    unsetenv("SUPERVISOR_WORKER_PIPES");
    death = fcntl(0, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDONLY);
    if (death < 0 || null < 0 || dup2(null, 0) < 0) fail("the death pipe cannot be moved: %s", strerror(errno));
    close(null);
    fcntl(pipe_in, F_SETFD, FD_CLOEXEC);
    fcntl(pipe_out, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    in_thread(watch, &death);
    converse();
}
