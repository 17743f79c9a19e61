/* The version of the running library, spelt from the numbers of yoke/version.h. */
#include "base/base.h"
#include <yoke/version.h>

#define SPELL(number) #number
#define SPELL_VERSION(major, minor, patch) SPELL(major) "." SPELL(minor) "." SPELL(patch)

const char *yk_version(void)
{
    return SPELL_VERSION(YK_VERSION_MAJOR, YK_VERSION_MINOR, YK_VERSION_PATCH);
}
