/* Instruction sets: their names, what this processor has, and which one to use.  The
 * levels are those of the x86-64 psABI; the features of AVX count only if the kernel
 * saves their registers, which XGETBV tells.  Any thread may enter. */
#include "topo/topo_int.h"

#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const char *const names[YK_ISA_COUNT] = {
    [YK_ISA_GENERIC] = "generic",
    [YK_ISA_X86_V2] = "x86-64-v2",
    [YK_ISA_X86_V3] = "x86-64-v3",
    [YK_ISA_X86_V4] = "x86-64-v4",
};

const char *yk_isa_name(yk_isa isa)
{
    return (unsigned)isa < YK_ISA_COUNT ? names[isa] : "unknown";
}

yk_status yk_isa_parse(const char *name, yk_isa *out)
{
    if (!name || !out) return YK_E_INVALID;
    for (unsigned i = 0; i < YK_ISA_COUNT; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        *out = (yk_isa)i;
        return YK_OK;
    }
    return YK_E_INVALID;
}

#if defined(__x86_64__)
/* Words of CPUID that the levels are made of. */
enum word { ECX1, EBX7, ECX80000001, WORDS };

/* What each level adds, and the bits of XCR0 the kernel must have set for it. */
static const struct level {
    unsigned need[WORDS];
    unsigned xcr0;
} levels[YK_ISA_COUNT] = {
    [YK_ISA_X86_V2] = {
        .need[ECX1] = bit_CMPXCHG16B | bit_POPCNT | bit_SSE3 | bit_SSSE3 | bit_SSE4_1 |
                      bit_SSE4_2,
        .need[ECX80000001] = bit_LAHF_LM,
    },
    [YK_ISA_X86_V3] = {
        .need[ECX1] = bit_AVX | bit_F16C | bit_FMA | bit_MOVBE | bit_OSXSAVE,
        .need[EBX7] = bit_AVX2 | bit_BMI | bit_BMI2,
        .need[ECX80000001] = bit_LZCNT,
        .xcr0 = 0x6,        /* SSE and AVX registers */
    },
    [YK_ISA_X86_V4] = {
        .need[EBX7] = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL,
        .xcr0 = 0xe6,       /* and masks, upper halves, upper sixteen */
    },
};

static unsigned read_xcr0(unsigned ecx1)
{
    if (!(ecx1 & bit_OSXSAVE)) return 0;
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

yk_isa yk_isa_native(void)
{
    unsigned have[WORDS] = {0}, eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &have[ECX1], &edx)) return YK_ISA_GENERIC;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) have[EBX7] = ebx;
    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx)) have[ECX80000001] = ecx;
    unsigned xcr0 = read_xcr0(have[ECX1]);
    unsigned best = YK_ISA_GENERIC;
    for (unsigned i = YK_ISA_X86_V2; i < YK_ISA_COUNT; i++) {
        bool all = (xcr0 & levels[i].xcr0) == levels[i].xcr0;
        for (unsigned w = 0; w < WORDS; w++)
            all = all && (have[w] & levels[i].need[w]) == levels[i].need[w];
        if (!all) break;
        best = i;
    }
    return (yk_isa)best;
}
#else
yk_isa yk_isa_native(void) { return YK_ISA_GENERIC; }
#endif

/* An imaginary machine's processor cannot be asked: what was wished for is believed. */
yk_status yki_topo_choose_isa(yk_topo *t, const yk_topo_opts *opts, yk_diag *diag)
{
    const char *from = opts->isa ? "isa" : "YOKE_ISA";
    const char *text = opts->isa ? opts->isa : yki_env("YOKE_ISA");
    t->isa = t->isa_machine = t->imaginary ? YK_ISA_GENERIC : yk_isa_native();
    if (!text || strcmp(text, "native") == 0) return YK_OK;
    yk_isa asked;
    if (yk_isa_parse(text, &asked) != YK_OK)
        return yki_fail(diag, YK_E_INVALID,
                        "%s=%.64s: expected generic, x86-64-v2, x86-64-v3, x86-64-v4 or native",
                        from, text);
    if (t->imaginary) t->isa_machine = asked;
    if (asked > t->isa_machine)
        return yki_fail(diag, YK_E_INVALID, "%s=%s: this machine has %s", from, text,
                        yk_isa_name(t->isa_machine));
    t->isa = asked;
    return YK_OK;
}
