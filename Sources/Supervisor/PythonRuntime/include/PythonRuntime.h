// The Python package that runs Python workers, as bytes inside the program: every .py file of python/supervisor_worker.
#ifndef PYTHON_RUNTIME_H
#define PYTHON_RUNTIME_H

#include <stddef.h>

#pragma clang assume_nonnull begin

struct python_runtime_file {
    // From the folder of the package, with slashes: `wire/frames.py`. UTF-8.
    const char *path;
    const unsigned char *bytes;
    size_t length;
};

// The file number `index`, from 0, in the order of their paths; NULL behind the last.
const struct python_runtime_file *_Nullable python_runtime_file(size_t index);

#pragma clang assume_nonnull end

#endif
