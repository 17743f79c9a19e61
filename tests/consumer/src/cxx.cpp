// A C++ program: the headers, the kernel's header, and an engine that closes itself.
#include <cstdio>
#include <memory>
#include <vector>
#include <yoke/yoke.h>

#include "saxpy.yk.h"

struct closer {
    void operator()(yk_engine *e) const { yk_engine_close(&e); }
};

int main()
{
    yk_engine *opened = nullptr;
    yk_diag diag = {};
    if (yk_engine_open(&opened, nullptr, &diag) != YK_OK) return 1;
    std::unique_ptr<yk_engine, closer> engine(opened);
    std::vector<float> x(54321, 3.0f), y(54321, 1.0f);
    yk_report report = {};
    yk_run_opts opts = {};
    opts.report = &report;
    yk_status st = saxpy_run_opts(engine.get(), &opts, yk_1d(x.size()), x.data(), y.data(), 2.0f,
                                  x.size());
    int wrong = 0;
    for (float v : y) wrong += v != 7.0f;
    std::printf("%s, %zu items, %d wrong\n", yk_status_name(st), report.items, wrong);
    return st != YK_OK || wrong != 0 || report.items != x.size();
}
