/* The version of Yoke, and the only place where it is written down: the build
 * reads its numbers from here.  Releases of one major version share an ABI. */
#ifndef YOKE_VERSION_H
#define YOKE_VERSION_H

#include <yoke/export.h>

#define YK_VERSION_MAJOR 0  /* another ABI */
#define YK_VERSION_MINOR 1  /* something new */
#define YK_VERSION_PATCH 0  /* something mended */

YK_BEGIN_DECLS

/* The version of the library that is running, as "major.minor.patch", which may
 * differ from the macros a program was compiled with.  Static; never NULL. */
YK_API const char *yk_version(void);

YK_END_DECLS

#endif
