# SPDX-License-Identifier: MIT
# Completion of coil-ps, coil-pstree, coil-profile and coil-top in fish.
for program in coil-ps coil-pstree coil-profile coil-top
    complete -c $program -f -a '(__fish_complete_pids)'
    complete -c $program -l help -d 'Print the usage'
    complete -c $program -l version -d 'Print the version'
end
for program in coil-ps coil-pstree
    complete -c $program -s f -l frames -d 'The stacks'
    complete -c $program -s l -l leaks -d 'Only tasks that can never wake'
    complete -c $program -s t -l tree -d 'Who awaits whom'
    complete -c $program -l json -d 'For programs'
end
complete -c coil-profile -s F -l frequency -r -d 'Samples a second (100)'
complete -c coil-profile -s d -l duration -r -d 'Seconds (10)'
complete -c coil-profile -s o -l output -r -F -d 'Flame graphs, or collapsed stacks'
complete -c coil-profile -l collapsed -d 'Stacks as lines'
complete -c coil-profile -l run -d 'Only where tasks run'
complete -c coil-profile -l wait -d 'Only where tasks wait'
complete -c coil-profile -l both -d 'Both'
complete -c coil-profile -l tasks -r -d 'Tasks that are read at each sample (500)'
complete -c coil-profile -l names -d 'Tell names apart that differ in a number'
complete -c coil-top -s i -l interval -r -d 'Seconds between two refreshes (1)'
complete -c coil-top -s b -l batch -d 'Write tables'
complete -c coil-top -s n -l iterations -r -d 'End after so many refreshes'
complete -c coil-top -l once -d 'Write all tables once'
complete -c coil-top -s s -l sort -r -f -a 'number time name state' -d 'Order'
complete -c coil-top -s f -l filter -r -d 'Only lines with a text'
