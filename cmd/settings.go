package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// settings say how the operator wants a run carried out. None of them changes
// what is measured or decided. Each is looked for in this order: flag,
// QUALGATE_* variable, the run section of qualgate.yaml, the user's own
// config.yaml, default.
type settings struct {
	Concurrency int
	Timeout     time.Duration
	MaxRetries  int
	NoCache     bool
	CacheDir    string // empty: .qualgate/cache beside qualgate.yaml
	Ledger      string // empty: a new one under .qualgate
	Color       string
	Progress    string
	LogLevel    string
}

// setting is one of them: its key in files, which with dashes is the flag and
// in capitals behind QUALGATE_ the variable.
type setting struct {
	key   string
	def   any
	parse func(string) (any, error)
}

func (s setting) flag() string { return strings.ReplaceAll(s.key, "_", "-") }
func (s setting) env() string  { return "QUALGATE_" + strings.ToUpper(s.key) }

var settingList = []setting{
	{"concurrency", 16, wholeNumber(1, 1000)},
	{"timeout", 60 * time.Second, duration(time.Millisecond, time.Hour)},
	{"max_retries", 4, wholeNumber(0, 100)},
	{"no_cache", false, yesNo},
	{"cache_dir", "", anyText},
	{"ledger", "", anyText},
	{"color", "auto", oneOf("auto", "always", "never")},
	{"progress", "auto", oneOf("auto", "live", "plain", "none")},
	{"log_level", "warn", oneOf("debug", "info", "warn", "error")},
}

func wholeNumber(lo, hi int) func(string) (any, error) {
	return func(s string) (any, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < lo || n > hi {
			return nil, fmt.Errorf("%q is not a whole number from %d to %d", s, lo, hi)
		}
		return n, nil
	}
}

func duration(lo, hi time.Duration) func(string) (any, error) {
	return func(s string) (any, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < lo || d > hi {
			return nil, fmt.Errorf("%q is not a duration from %v to %v; write 60s or 2m", s, lo, hi)
		}
		return d, nil
	}
}

func yesNo(s string) (any, error) {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return nil, fmt.Errorf("%q is neither true nor false", s)
	}
	return b, nil
}

func oneOf(words ...string) func(string) (any, error) {
	return func(s string) (any, error) {
		if !slices.Contains(words, s) {
			return nil, fmt.Errorf("%q is not one of %s", s, strings.Join(words, ", "))
		}
		return s, nil
	}
}

func anyText(s string) (any, error) { return s, nil }

// layer is one place settings come from.
type layer struct {
	values map[string]string
	where  func(key string) string // how the place of a value is named in errors
}

// resolveSettings merges the layers, weakest first, and the flags over them.
func resolveSettings(flags *pflag.FlagSet, layers ...layer) (settings, error) {
	v := viper.New()
	var wrong problems
	for _, s := range settingList {
		v.SetDefault(s.key, s.def)
	}
	merge := func(s setting, text, where string) {
		value, err := s.parse(text)
		if err == nil {
			err = v.MergeConfigMap(map[string]any{s.key: value})
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", where, err))
		}
	}
	for _, l := range layers {
		for _, s := range settingList {
			if text, ok := l.values[s.key]; ok {
				merge(s, text, l.where(s.key))
			}
		}
	}
	for _, s := range settingList {
		f := flags.Lookup(s.flag())
		if f == nil {
			continue
		}
		if f.Changed {
			if _, err := s.parse(f.Value.String()); err != nil {
				wrong = append(wrong, fmt.Sprintf("--%s: %v", f.Name, err))
				continue
			}
		}
		if err := v.BindPFlag(s.key, f); err != nil {
			return settings{}, err
		}
	}
	if len(wrong) > 0 {
		return settings{}, &fault{code: ExitUsage, err: wrong}
	}
	return settings{
		Concurrency: v.GetInt("concurrency"), Timeout: v.GetDuration("timeout"), MaxRetries: v.GetInt("max_retries"),
		NoCache: v.GetBool("no_cache"), CacheDir: v.GetString("cache_dir"), Ledger: v.GetString("ledger"),
		Color: v.GetString("color"), Progress: v.GetString("progress"), LogLevel: v.GetString("log_level"),
	}, nil
}

// envLayer holds the QUALGATE_* variables. An empty one counts as not set.
func (a *app) envLayer() layer {
	l := layer{values: map[string]string{}, where: func(key string) string { return "QUALGATE_" + strings.ToUpper(key) }}
	for _, s := range settingList {
		if text := a.env.Getenv(s.env()); text != "" {
			l.values[s.key] = text
		}
	}
	return l
}

// userConfigPath is the user's own settings file: config.yaml in the qualgate
// folder of the XDG configuration directory; empty where there is no home.
func (a *app) userConfigPath() string {
	base := a.env.Getenv("XDG_CONFIG_HOME")
	switch {
	case base != "" && filepath.IsAbs(base):
	case runtime.GOOS == "windows":
		base = a.env.Getenv("AppData")
	default:
		base = a.env.Getenv("HOME")
		if base != "" {
			base = filepath.Join(base, ".config")
		}
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, "qualgate", "config.yaml")
}

// userLayer reads the user's own settings; a missing file is none.
func (a *app) userLayer() (layer, error) {
	l := layer{values: map[string]string{}}
	path := a.userConfigPath()
	l.where = func(string) string { return path }
	if path == "" {
		return l, nil
	}
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return l, nil
	}
	if err != nil {
		return l, usage("cannot read your settings: %v", err)
	}
	return decodeUserSettings(path, data)
}
