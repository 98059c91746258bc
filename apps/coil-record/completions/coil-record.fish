# SPDX-License-Identifier: MIT
# Completion of coil-record in fish.
complete -c coil-record -n __fish_use_subcommand -f -a dump -d 'A line for each record'
complete -c coil-record -n __fish_use_subcommand -f -a top -d 'Sums, the longest steps, stalls'
complete -c coil-record -n __fish_use_subcommand -f -a convert -d 'A trace or a picture'
complete -c coil-record -l help -d 'Print the usage'
complete -c coil-record -l version -d 'Print the version'
complete -c coil-record -n '__fish_seen_subcommand_from convert' -l perfetto -d 'For ui.perfetto.dev'
complete -c coil-record -n '__fish_seen_subcommand_from convert' -l chrome -d 'JSON for viewers of traces'
complete -c coil-record -n '__fish_seen_subcommand_from convert' -l svg -d 'A picture'
complete -c coil-record -n '__fish_seen_subcommand_from convert' -s o -l output -r -F -d 'Write to a file'
