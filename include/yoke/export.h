/* How public symbols are marked; nothing a user needs to read. */
#ifndef YOKE_EXPORT_H
#define YOKE_EXPORT_H

#if defined(__GNUC__)
#define YK_API __attribute__((visibility("default")))
#define YK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define YK_API
#define YK_PRINTF(fmt, first)
#endif

#ifdef __cplusplus
#define YK_BEGIN_DECLS extern "C" {
#define YK_END_DECLS }
#else
#define YK_BEGIN_DECLS
#define YK_END_DECLS
#endif

#endif
