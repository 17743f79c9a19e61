# Completion of yoke-bench for fish.

function __yoke_bench_workloads
    yoke-bench --list 2>/dev/null |
        awk '$1 ~ /^[a-z][a-z0-9_]*$/ && $1 != "workload" { print $1 }'
end

complete -c yoke-bench -f -a '(__yoke_bench_workloads)'
complete -c yoke-bench -l list -d 'Show the workloads'
complete -c yoke-bench -l size -x -a 'small medium large' -d 'Size of the workloads'
complete -c yoke-bench -l sizes -x -d 'A series over sizes, A..B'
complete -c yoke-bench -l scaling -d 'A series over numbers of threads'
complete -c yoke-bench -l peers -d 'Other runtimes as well'
complete -c yoke-bench -l quick -d 'Small sizes and little time'
complete -c yoke-bench -l cold -d 'First launches, each on a fresh engine'
complete -c yoke-bench -l threads -x -d 'Workers and OpenMP threads'
complete -c yoke-bench -l devices -x -a 'all none cpu gpu0 pocl' -d 'Devices to use'
complete -c yoke-bench -l carve -x -d 'Cores for an OpenCL CPU device'
complete -c yoke-bench -l timeout -x -d 'Seconds that a device may take over one step'
complete -c yoke-bench -l policy -x -a 'auto single static dynamic' -d 'How hybrid splits'
complete -c yoke-bench -l json -r -F -d 'Write JSON'
complete -c yoke-bench -l csv -r -F -d 'Write CSV'
complete -c yoke-bench -l compare -r -F -d 'Compare with an earlier report'
complete -c yoke-bench -l fail-if -x -a 'slower:5% slower:10%' -d 'Exit 4 if anything is slower'
complete -c yoke-bench -l show -r -F -d 'Show a stored report'
complete -c yoke-bench -s v -l verbose -d 'Every variant'
complete -c yoke-bench -s h -l help -d 'A summary'
complete -c yoke-bench -s V -l version -d 'The version'
