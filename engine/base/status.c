/* Status codes as names and as messages.  Called by anyone, from any thread; total:
 * any number has an answer. */
#include "base/base.h"

const char *yk_status_name(yk_status status)
{
    switch (status) {
#define STATUS_NAME(name, number, message) \
    case YK_##name: return "YK_" #name;
        YK_STATUS_MAP(STATUS_NAME)
#undef STATUS_NAME
    }
    return "YK_E_UNKNOWN";
}

const char *yk_strerror(yk_status status)
{
    switch (status) {
#define STATUS_TEXT(name, number, message) \
    case YK_##name: return "YK_" #name ": " message;
        YK_STATUS_MAP(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "YK_E_UNKNOWN: no such status code";
}
