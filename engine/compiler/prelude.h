/* prelude: what every kernel file begins with, as text for the preprocessor: versions,
 * limits and mathematical constants of OpenCL C 1.2. */
#ifndef YKI_COMPILER_PRELUDE_H
#define YKI_COMPILER_PRELUDE_H

extern const char yki_prelude[];

#endif
