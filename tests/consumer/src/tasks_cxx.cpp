// A C++ program with tasks: any callable as a task, in an object that waits for its end.
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <yoke/yoke.h>

struct closer {
    void operator()(yk_engine *e) const { yk_engine_close(&e); }
};

// An exception must not leave a task: it becomes a status and a message.
class task {
public:
    task(yk_engine *engine, std::function<void()> work, unsigned flags = 0) : work_(std::move(work))
    {
        yk_task_opts opts = {};
        opts.flags = flags;
        if (yk_task_submit(engine, run, this, &opts, &future_) != YK_OK)
            throw std::runtime_error("yk_task_submit");
    }
    task(const task &) = delete;
    task &operator=(const task &) = delete;
    ~task()
    {
        yk_future_wait(future_, -1);
        yk_future_free(&future_);
    }
    yk_status wait(double seconds = -1) { return yk_future_wait(future_, seconds); }
    const char *message() const { return yk_future_message(future_); }

private:
    static yk_status run(void *arg) noexcept
    {
        try {
            static_cast<task *>(arg)->work_();
            return YK_OK;
        } catch (const std::exception &e) {
            yk_task_message("%s", e.what());
            return YK_E_INVALID;
        }
    }

    std::function<void()> work_;
    yk_future *future_ = nullptr;
};

static yk_status root(void *, const void *in, void *out)
{
    *static_cast<double *>(out) = std::sqrt(*static_cast<const double *>(in));
    return YK_OK;
}

static int run(yk_engine *engine)
{
    int sum = 0, wrong = 0;
    {
        task adds(engine, [&] { for (int i = 1; i <= 100; i++) sum += i; });
        task throws(engine, [] { throw std::runtime_error("as it must"); }, YK_BLOCKING);
        wrong += adds.wait() != YK_OK || sum != 5050;
        wrong += throws.wait() != YK_E_INVALID || std::string("as it must") != throws.message();
    }
    std::vector<double> x(1000), y(x.size());
    for (std::size_t i = 0; i < x.size(); i++) x[i] = static_cast<double>(i * i);
    yk_map_opts opts = {};
    opts.n_jobs = 2;
    wrong += yk_map(engine, root, nullptr, x.data(), sizeof x[0], y.data(), sizeof y[0], x.size(),
                    &opts) != YK_OK;
    for (std::size_t i = 0; i < y.size(); i++) wrong += y[i] != static_cast<double>(i);
    return wrong;
}

int main()
{
    yk_engine *opened = nullptr;
    if (yk_engine_open(&opened, nullptr, nullptr) != YK_OK) return 1;
    std::unique_ptr<yk_engine, closer> engine(opened);
    int wrong = run(opened);
    std::printf("tasks from C++, %d wrong\n", wrong);
    return wrong != 0;
}
