package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/qualgate/qualgate/eval"
	"github.com/qualgate/qualgate/eval/yamldoc"
)

// stateDir holds ledgers and the cache, beside the configuration.
const stateDir = ".qualgate"

// ledgerFiles lists a project's ledgers, the newest first.
func ledgerFiles(dir, digest string) []string {
	pattern := "*.jsonl"
	if digest != "" {
		pattern = "*-" + digest[:8] + ".jsonl"
	}
	files, err := filepath.Glob(filepath.Join(dir, stateDir, pattern))
	if err != nil {
		return nil
	}
	slices.Sort(files) // names begin with the time
	slices.Reverse(files)
	return files
}

// newestLedger finds the ledger that `report` shows by default.
func (a *app) newestLedger() (string, error) {
	dir := a.projectDir()
	if files := ledgerFiles(dir, ""); len(files) > 0 {
		return files[0], nil
	}
	return "", usage("there is no ledger in %s yet", a.shown(filepath.Join(dir, stateDir))).try("record one with `qualgate run`, or name a file")
}

// lockRun keeps a second run of the same plan away.
func (a *app) lockRun(dir, digest string) (unlock func(), err error) {
	state := filepath.Join(dir, stateDir)
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, usage("cannot make the directory for ledgers: %v", err).try("make %s writable, or start in another directory", a.shown(dir))
	}
	l := flock.New(filepath.Join(state, digest[:8]+".running"), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, usage("cannot lock the plan: %v", err)
	}
	if !ok {
		return nil, unmeasured("another run of this plan (%.8s) is going on in %s", digest, a.shown(state)).
			try("wait for it; running the same command afterwards continues or shows it")
	}
	return func() { l.Unlock() }, nil
}

// openRunLedger finds the unfinished ledger of a plan to continue, or makes a
// new one.
func (a *app) openRunLedger(p *project, plan *eval.Plan, named string, fresh bool) (*eval.LedgerWriter, *eval.Collected, error) {
	digest := plan.Header.PlanDigest
	try := ledgerFiles(p.dir, digest)
	if named != "" {
		named = a.path(named)
		try = []string{named}
	}
	for _, path := range try {
		if _, err := os.Stat(path); os.IsNotExist(err) || fresh && named == "" {
			continue
		}
		w, c, err := a.continueLedger(path, digest, named != "", fresh)
		if err != nil || w != nil {
			return w, c, err
		}
		break // the newest ledger of the plan is finished: measure anew
	}
	path := named
	if path == "" {
		path = filepath.Join(p.dir, stateDir, fmt.Sprintf("%s-%s.jsonl", a.env.Now().UTC().Format("20060102-150405"), digest[:8]))
		for n := 2; ; n++ {
			if _, err := os.Stat(path); os.IsNotExist(err) {
				break
			}
			path = filepath.Join(p.dir, stateDir, fmt.Sprintf("%s.%d-%s.jsonl", a.env.Now().UTC().Format("20060102-150405"), n, digest[:8]))
		}
	}
	w, err := eval.CreateLedger(path)
	if err != nil {
		return nil, nil, usage("%v", err)
	}
	return w, nil, nil
}

// continueLedger opens an unfinished ledger for writing. All results are nil
// where it is finished and was not asked for by name.
func (a *app) continueLedger(path, digest string, named, fresh bool) (*eval.LedgerWriter, *eval.Collected, error) {
	c, err := a.openLedger(path)
	if err != nil {
		return nil, nil, err
	}
	c.Close() // from here on details are read through the writer
	switch {
	case named && (c.Header.PlanDigest != digest || fresh):
		return nil, nil, usage("--ledger %s exists and belongs to another run", a.shown(path)).try("name another file, or remove it")
	case named && c.Finished():
		return nil, nil, usage("--ledger %s exists and is finished", a.shown(path)).try("show it with `qualgate report %s`, or name another file", a.shown(path))
	case c.Header.PlanDigest != digest || c.Finished():
		return nil, nil, nil
	}
	w, err := eval.AppendLedger(path, c.Size)
	if err != nil {
		return nil, nil, unmeasured("%v", err)
	}
	return w, c, nil
}

// lightSettings are the settings of commands that run nothing.
func (a *app) lightSettings() (settings, error) {
	return a.settingsWith()
}

// settingsWith resolves the settings, with further layers between the user's
// own file and the environment.
func (a *app) settingsWith(layers ...layer) (settings, error) {
	user, err := a.userLayer()
	if err != nil {
		return settings{}, err
	}
	all := append(append([]layer{user}, layers...), a.envLayer())
	return resolveSettings(a.command.Flags(), all...)
}

// decodeUserSettings reads the user's own settings file: the keys of
// settingList, nothing else.
func decodeUserSettings(path string, data []byte) (layer, error) {
	l := layer{values: map[string]string{}, where: func(key string) string { return path + ": " + key }}
	n, ps := yamldoc.Parse(path, data)
	if n == nil {
		if len(strings.TrimSpace(string(data))) == 0 {
			return l, nil
		}
		return l, asFault(ps)
	}
	var known []string
	for _, s := range settingList {
		known = append(known, s.key)
	}
	for _, e := range n.Entries() {
		if !slices.Contains(known, e.Key) {
			ps = append(ps, e.At.Problem(yamldoc.DidYouMean(e.Key, known), "unknown setting %q", e.Key))
			continue
		}
		l.values[e.Key] = e.Value.Text()
	}
	return l, asFault(ps)
}

// visible takes secrets out of a text.
func (a *app) visible(s string) string { return a.redactor.String(s) }
