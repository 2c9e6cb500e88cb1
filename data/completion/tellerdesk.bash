# bash completion for tellerdesk
#
# Commands and options are read from --help, so that this file cannot fall behind the program.

_tellerdesk_commands()
{
	"$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'
}

# _tellerdesk_options PROGRAM COMMAND: the long options the command takes
_tellerdesk_options()
{
	"$1" $2 --help 2>/dev/null | grep -oE -- '(^|[ ,[|])--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+' | sort -u
}

# The word before the cursor is an option with an argument: complete that. False: it is not.
_tellerdesk_argument()
{
	local option=$1 word=$2
	case $option in
	--config | --replica | --log)
		COMPREPLY=($(compgen -f -- "$word"))
		compopt -o filenames 2>/dev/null
		;;
	--model)
		COMPREPLY=($(compgen -W "demography customertrack sakila pagila" -f -- "$word"))
		compopt -o filenames 2>/dev/null
		;;
	--dir)
		COMPREPLY=($(compgen -d -- "$word"))
		compopt -o filenames 2>/dev/null
		;;
	--source | --to)
		# A colon ends a word for readline: past it only the path is completed.
		COMPREPLY=($(compgen -W "bank: csv: mysql:// postgresql://" -- "$word"))
		compopt -o nospace 2>/dev/null
		;;
	--format)
		COMPREPLY=($(compgen -W "text json csv" -- "$word"))
		;;
	--language)
		COMPREPLY=($(compgen -W "auto en fr id" -- "$word"))
		;;
	--theme)
		COMPREPLY=($(compgen -W "auto dark light mono contrast green" -- "$word"))
		;;
	--charts)
		COMPREPLY=($(compgen -W "blocks braille ascii" -- "$word"))
		;;
	--encoding)
		COMPREPLY=($(compgen -W "utf-8 latin1" -- "$word"))
		;;
	--log-level)
		COMPREPLY=($(compgen -W "error warn note debug" -- "$word"))
		;;
	--zone)
		COMPREPLY=($(compgen -W "$(cut -f3 /usr/share/zoneinfo/zone.tab 2>/dev/null | grep -v '^#') UTC" -- "$word"))
		;;
	--as-of | --from | --to)
		COMPREPLY=($(compgen -W "now today yesterday" -- "$word"))
		;;
	--window | --slide)
		COMPREPLY=($(compgen -W "1m 5m 15m 1h d w mo" -- "$word"))
		;;
	--slot | --max-age | --timeout | --delay | --for | --limit | --entity | --store | --wait | --until | --customers | --seed | \
		--rate | --batch | --changes | --settle | --reject-percent | --script)
		COMPREPLY=()
		;;
	*)
		return 1
		;;
	esac
}

_tellerdesk()
{
	local program=$1 word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands command= i
	COMPREPLY=()
	commands=$(_tellerdesk_commands "$program")
	for ((i = 1; i < COMP_CWORD; i++)); do
		case " ${commands//$'\n'/ } " in
		*" ${COMP_WORDS[i]} "*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	if [[ $word == : || $before == : ]]; then
		[[ $word == : ]] && word=
		COMPREPLY=($(compgen -f -- "$word"))
		compopt -o filenames 2>/dev/null
		return
	fi
	[[ $command != generate && $before == --to ]] && before=--from
	[[ $before == --* ]] && _tellerdesk_argument "$before" "$word" && return
	if [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W "$(_tellerdesk_options "$program" "$command")" -- "$word"))
	elif [[ -z $command ]]; then
		COMPREPLY=($(compgen -W "$commands" -- "$word"))
	elif [[ $command == config ]]; then
		COMPREPLY=($(compgen -W "show validate" -- "$word"))
	fi
}

complete -F _tellerdesk tellerdesk
