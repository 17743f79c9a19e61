/* The peers that are linked into yoke-bench; see peer.h and ask.h. */
#include <string.h>

#include "base/base.h"
#include "peers/ask.h"
#include "peers/peer.h"

int bench_peer_main(int argc, char **argv)
{
    const peer *const ours[] = {&yoke_peer_pool, &yoke_peer_openmp,
                                 &yoke_peer_serial};
    for (size_t k = 0; k < YKI_COUNT(ours); k++)
        if (strcmp(argv[0], ours[k]->name) == 0) return peer_main(ours[k], argc, argv);
    return yki_usage_error(BENCH_TOOL, "%s is for internal use", BENCH_PEER_OPTION);
}
