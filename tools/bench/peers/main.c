/* The main of a peer's program; see peer.h. */
#include "peer.h"

int main(int argc, char **argv) { return peer_main(&yoke_peer, argc, argv); }
