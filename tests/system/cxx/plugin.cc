/* SPDX-License-Identifier: MIT */
/*
 * A part in C++ that a program in C loads at run time: it throws and waits
 * inside its catch block.
 */
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

/* Waits by `wait`; 0 if it sees its own exceptions before and afterwards. */
extern "C" __attribute__((visibility("default"))) int
plugin_throw(const char *text, int (*wait)(void))
{
    if (std::current_exception() || std::uncaught_exceptions() > 0)
        return -1;
    try {
        throw std::runtime_error(text);
    } catch (...) {
        if (wait() < 0)
            return -2;
        try {
            throw;
        } catch (const std::exception &e) {
            return std::strcmp(e.what(), text) == 0 ? 0 : -3;
        }
    }
}

/* Throws, and catches nothing. */
extern "C" __attribute__((visibility("default"))) int plugin_escape(void)
{
    throw std::runtime_error("from the plugin");
}
