# Completion of yoke-topo for fish.

complete -c yoke-topo -f
complete -c yoke-topo -l json -r -F -d 'Write JSON'
complete -c yoke-topo -l measure -d 'Measure caches, memory and arithmetic'
complete -c yoke-topo -l config -d 'The settings in force and why'
complete -c yoke-topo -l doctor -d 'What costs speed or breaks'
complete -c yoke-topo -l input -r -F -d 'Another machine: XML file or description'
complete -c yoke-topo -s v -l verbose -d 'More about everything'
complete -c yoke-topo -s h -l help -d 'A summary'
complete -c yoke-topo -s V -l version -d 'The version'
