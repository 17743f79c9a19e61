/* Checks JSON against a JSON schema: the part of draft 7 that ours use (type, enum,
 * minimum, required, properties, additionalProperties: false, items, local $ref).  Other
 * keywords would be passed over in silence, so they are refused. */
#ifndef YKT_SCHEMA_H
#define YKT_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct ykt_schema {
    const json_t *root;
    char error[512];        /* the first violation: "results[0].pool: ..." */
} ykt_schema;

static inline bool ykt_schema_check(ykt_schema *s, const json_t *schema, const json_t *value,
                                    const char *path);

static inline bool ykt_violation(ykt_schema *s, const char *path, const char *what,
                                 const char *detail)
{
    snprintf(s->error, sizeof s->error, "%s: %s %s", path[0] ? path : "(top)", what, detail);
    return false;
}

static inline bool ykt_has_type(const json_t *value, const char *type)
{
    if (strcmp(type, "object") == 0) return json_is_object(value);
    if (strcmp(type, "array") == 0) return json_is_array(value);
    if (strcmp(type, "string") == 0) return json_is_string(value);
    if (strcmp(type, "integer") == 0) return json_is_integer(value);
    if (strcmp(type, "number") == 0) return json_is_number(value);
    if (strcmp(type, "boolean") == 0) return json_is_boolean(value);
    return strcmp(type, "null") == 0 && json_is_null(value);
}

static inline bool ykt_type_fits(const json_t *types, const json_t *value)
{
    size_t k;
    const json_t *type;
    if (json_is_string(types)) return ykt_has_type(value, json_string_value(types));
    json_array_foreach(types, k, type)
        if (ykt_has_type(value, json_string_value(type))) return true;
    return false;
}

static inline bool ykt_in_enum(const json_t *values, const json_t *value)
{
    size_t k;
    const json_t *v;
    json_array_foreach(values, k, v)
        if (json_equal(v, value)) return true;
    return false;
}

static inline bool ykt_object_fits(ykt_schema *s, const json_t *schema, const json_t *value,
                                   const char *path)
{
    const json_t *properties = json_object_get(schema, "properties"), *required;
    bool closed = json_is_false(json_object_get(schema, "additionalProperties"));
    size_t k;
    const char *key;
    json_t *member;
    json_array_foreach(json_object_get(schema, "required"), k, required)
        if (!json_object_get(value, json_string_value(required)))
            return ykt_violation(s, path, "lacks", json_string_value(required));
    json_object_foreach((json_t *)value, key, member) {
        const json_t *sub = json_object_get(properties, key);
        char inner[512];
        if (!sub && closed) return ykt_violation(s, path, "has the unknown key", key);
        snprintf(inner, sizeof inner, "%.400s.%.80s", path, key);
        if (sub && !ykt_schema_check(s, sub, member, inner)) return false;
    }
    return true;
}

static inline const json_t *ykt_resolve(ykt_schema *s, const json_t *schema)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    static const char prefix[] = "#/definitions/";
    if (!ref || strncmp(ref, prefix, sizeof prefix - 1) != 0) return schema;
    return json_object_get(json_object_get(s->root, "definitions"), ref + sizeof prefix - 1);
}

static inline bool ykt_keywords_known(ykt_schema *s, const json_t *schema, const char *path)
{
    static const char *const known[] = {
        "$schema", "$ref", "title", "description", "definitions", "type", "enum", "minimum",
        "required", "properties", "additionalProperties", "items"};
    const char *key;
    json_t *unused;
    json_object_foreach((json_t *)schema, key, unused) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found |= strcmp(key, known[k]) == 0;
        if (!found) return ykt_violation(s, path, "this check does not know the keyword", key);
    }
    return true;
}

static inline bool ykt_schema_check(ykt_schema *s, const json_t *schema, const json_t *value,
                                    const char *path)
{
    schema = ykt_resolve(s, schema);
    if (!schema) return ykt_violation(s, path, "has a schema that is not there", "");
    if (!ykt_keywords_known(s, schema, path)) return false;
    const json_t *types = json_object_get(schema, "type"), *items, *v;
    const json_t *values = json_object_get(schema, "enum");
    const json_t *least = json_object_get(schema, "minimum");
    if (types && !ykt_type_fits(types, value)) return ykt_violation(s, path, "wrong type", "");
    if (values && !ykt_in_enum(values, value)) return ykt_violation(s, path, "not allowed", "");
    if (least && json_is_number(value) && json_number_value(value) < json_number_value(least))
        return ykt_violation(s, path, "too small", "");
    if (json_is_object(value) && !ykt_object_fits(s, schema, value, path)) return false;
    items = json_object_get(schema, "items");
    size_t k;
    if (items && json_is_array(value)) {
        json_array_foreach(value, k, v) {
            char inner[512];
            snprintf(inner, sizeof inner, "%.400s[%zu]", path, k);
            if (!ykt_schema_check(s, items, v, inner)) return false;
        }
    }
    return true;
}

/* True if `value` obeys the schema in the file; else s->error tells where it does not. */
static inline bool ykt_schema_obeys(ykt_schema *s, const char *file, const json_t *value)
{
    json_error_t error;
    json_t *root = json_load_file(file, 0, &error);
    *s = (ykt_schema){.root = root};
    if (!root) return ykt_violation(s, file, "cannot be read:", error.text);
    bool ok = ykt_schema_check(s, root, value, "");
    json_decref(root);
    s->root = NULL;
    return ok;
}

#endif
