/* source: see source.h. */
#include "compiler/source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Grows an array of the arena to hold one more; the old one stays behind in the arena. */
static bool grow(yki_arena *a, void *array_ptr, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) return true;
    size_t want = yki_max(*cap * 2, 16);
    void *old;
    memcpy(&old, array_ptr, sizeof old);
    void *now = yki_arena_array(a, want, size);
    if (!now) return false;
    if (count) memcpy(now, old, count * size);
    memcpy(array_ptr, &now, sizeof now);
    *cap = want;
    return true;
}

static bool make_lines(yki_arena *a, yki_file *f)
{
    size_t n = 1;
    for (size_t i = 0; i < f->len; i++) n += f->text[i] == '\n';
    uint32_t *lines = yki_arena_array(a, n, sizeof *lines);
    if (!lines) return false;
    size_t k = 1;
    for (size_t i = 0; i < f->len; i++)
        if (f->text[i] == '\n') lines[k++] = (uint32_t)(i + 1);
    f->lines = lines;
    f->line_count = (uint32_t)n;
    return true;
}

yk_status yki_source_add(yki_sources *s, const char *path, const char *text, size_t len,
                         yki_file **out)
{
    if (len > YKI_FILE_MAX) return YK_E_RANGE;
    yki_file *f = yki_arena_alloc(s->arena, sizeof *f);
    if (!f || !grow(s->arena, &s->files, s->file_count, &s->file_cap, sizeof *s->files))
        return YK_E_NOMEM;
    f->path = yki_arena_strn(s->arena, path, strlen(path));
    f->text = yki_arena_strn(s->arena, text, len);
    f->len = len;
    if (!f->path || !f->text || !make_lines(s->arena, f)) return YK_E_NOMEM;
    s->files[s->file_count++] = f;
    f->id = (uint32_t)s->file_count;
    *out = f;
    return YK_OK;
}

static yk_status read_whole(const char *path, char **out, size_t *len)
{
    yk_status st = YK_E_IO;
    char *text = NULL;
    struct stat info;
    size_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) goto done;
    st = YK_E_RANGE;
    if (info.st_size > YKI_FILE_MAX) goto done;
    st = YK_E_NOMEM;
    size_t size = (size_t)info.st_size;
    if (!(text = yki_alloc(size + 1, 1))) goto done;
    st = YK_E_IO;
    while (got < size) {
        ssize_t n = read(fd, text + got, size - got);
        if (n < 0) goto done;
        if (n == 0) break; /* it shrank meanwhile */
        got += (size_t)n;
    }
    *out = text;
    *len = got;
    text = NULL;
    st = YK_OK;
done:
    if (fd >= 0) close(fd);
    yki_free(text);
    return st;
}

yk_status yki_source_load(yki_sources *s, const char *path, yki_file **out)
{
    for (size_t i = 0; i < s->file_count; i++) {
        if (strcmp(s->files[i]->path, path) == 0) {
            *out = s->files[i];
            return YK_OK;
        }
    }
    char *text = NULL;
    size_t len = 0;
    yk_status st = read_whole(path, &text, &len);
    if (st == YK_OK) st = yki_source_add(s, path, text, len, out);
    if (st == YK_E_NOMEM) s->arena->failed = true;
    yki_free(text);
    return st;
}

const yki_file *yki_source_file(const yki_sources *s, uint32_t id)
{
    return id == 0 || id > s->file_count ? NULL : s->files[id - 1];
}

uint32_t yki_source_origin(yki_sources *s, const char *macro, yki_pos pos)
{
    if (!grow(s->arena, &s->origins, s->origin_count, &s->origin_cap, sizeof *s->origins))
        return 0;
    s->origins[s->origin_count] = (yki_origin){macro, pos};
    return (uint32_t)++s->origin_count;
}

const yki_origin *yki_source_origin_of(const yki_sources *s, yki_pos pos)
{
    return pos.macro == 0 || pos.macro > s->origin_count ? NULL : &s->origins[pos.macro - 1];
}

bool yki_source_place(const yki_sources *s, yki_pos pos, yki_place *out)
{
    const yki_file *f = yki_source_file(s, pos.file);
    if (!f) return false;
    size_t offset = yki_min(pos.offset, f->len);
    uint32_t lo = 0, hi = f->line_count; /* the line lies in [lo, hi) */
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->lines[mid] <= offset) lo = mid;
        else hi = mid;
    }
    out->file = f;
    out->line = lo + 1;
    out->begin = f->text + f->lines[lo];
    size_t end = lo + 1 < f->line_count ? f->lines[lo + 1] - 1u : f->len;
    out->len = end - f->lines[lo];
    if (out->len && out->begin[out->len - 1] == '\r') out->len--;
    out->at = yki_min(offset - f->lines[lo], out->len);
    out->column = 1;
    for (size_t i = 0; i < out->at; i++) /* bytes that continue a character do not count */
        out->column += ((unsigned char)out->begin[i] & 0xC0) != 0x80;
    return true;
}
