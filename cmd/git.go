package cmd

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// repo reads a git repository as of a commit. It only ever asks git for
// objects and names; it never touches the work tree, the index or a ref.
type repo struct {
	dir     string // a directory inside the work tree
	prefix  string // dir, seen from the repository's root, with slashes
	environ []string
}

// openRepo finds the repository a directory belongs to.
func openRepo(ctx context.Context, dir string, environ []string) (*repo, error) {
	r := &repo{dir: dir, environ: append(append([]string{}, environ...),
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "LANGUAGE=C")}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, usage("the baseline is read from git, but there is no git program on the PATH").
			try("install git, or write the baseline out: baseline: {prompt: …, model: …}")
	}
	prefix, err := r.git(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, usage("the baseline is read from git, but qualgate.yaml is not in a git work tree").
			try("run in the repository, or write the baseline out: baseline: {prompt: …, model: …} or baseline: none")
	}
	r.prefix = strings.TrimSuffix(strings.TrimRight(prefix, "\n"), "/")
	return r, nil
}

// git runs one read-only git command. An error carries git's own words.
func (r *repo) git(ctx context.Context, args ...string) (string, error) {
	out, err := r.gitInput(ctx, "", args...)
	return string(out), err
}

func (r *repo) gitInput(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, "git", args...)
	c.Dir, c.Env, c.Stdin = r.dir, r.environ, strings.NewReader(stdin)
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		words := strings.TrimSpace(errOut.String())
		if words == "" {
			words = err.Error()
		}
		return nil, errors.New(words)
	}
	return out.Bytes(), nil
}

// commit resolves a ref to a commit's id; ok is false if there is none.
func (r *repo) commit(ctx context.Context, ref string) (id string, ok bool) {
	if ref == "" || strings.HasPrefix(ref, "-") || strings.ContainsAny(ref, "\x00\n") {
		return "", false
	}
	out, err := r.git(ctx, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
	id = strings.TrimSpace(out)
	return id, err == nil && id != ""
}

func (r *repo) shallow(ctx context.Context) bool {
	out, err := r.git(ctx, "rev-parse", "--is-shallow-repository")
	return err == nil && strings.TrimSpace(out) == "true"
}

const fetchDepthHint = "in GitHub Actions give actions/checkout `fetch-depth: 0`; elsewhere run `git fetch --unshallow --tags`"

// resolve finds the commit of `git: <ref>`.
func (r *repo) resolve(ctx context.Context, ref string) (string, error) {
	if id, ok := r.commit(ctx, ref); ok {
		return id, nil
	}
	// A branch that was only fetched is known under its remote's name.
	if id, ok := r.commit(ctx, "refs/remotes/origin/"+ref); ok {
		return id, nil
	}
	f := usage("baseline: git: %s: this repository has no such commit, tag or branch", ref)
	if r.shallow(ctx) {
		return "", f.try("this is a shallow clone, which has only the newest commits: %s", fetchDepthHint)
	}
	return "", f.try("see `git tag` and `git branch -a`; if it is on the remote, run `git fetch --tags origin`")
}

// baseBranchVars are the variables in which CI systems name the branch a
// change will be merged into.
var baseBranchVars = []string{
	"GITHUB_BASE_REF",
	"CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
	"BITBUCKET_PR_DESTINATION_BRANCH",
	"SYSTEM_PULLREQUEST_TARGETBRANCH",
	"BUILDKITE_PULL_REQUEST_BASE_BRANCH",
	"CHANGE_TARGET",
	"CI_DEFAULT_BRANCH",
}

// defaultBranch finds the branch that changes are merged into: as CI names it,
// else as the remote does, else main or master. It returns a name to show and
// the commit it stands at.
func (r *repo) defaultBranch(ctx context.Context, getenv func(string) string) (name, id string, err error) {
	for _, v := range baseBranchVars {
		branch := strings.TrimPrefix(getenv(v), "refs/heads/")
		if branch == "" {
			continue
		}
		for _, ref := range []string{"refs/remotes/origin/" + branch, "refs/heads/" + branch} {
			if id, ok := r.commit(ctx, ref); ok {
				return branch, id, nil
			}
		}
		f := usage("baseline: git: merge-base: %s names the branch %q, but this clone does not have it", v, branch)
		if r.shallow(ctx) {
			return "", "", f.try("this is a shallow clone: %s", fetchDepthHint)
		}
		return "", "", f.try("run `git fetch origin %s`", branch)
	}
	if head, err := r.git(ctx, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"); err == nil {
		ref := strings.TrimSpace(head)
		if id, ok := r.commit(ctx, ref); ok {
			return strings.TrimPrefix(ref, "refs/remotes/"), id, nil
		}
	}
	for _, name := range []string{"origin/main", "origin/master", "main", "master"} {
		full := "refs/heads/" + name
		if strings.HasPrefix(name, "origin/") {
			full = "refs/remotes/" + name
		}
		if id, ok := r.commit(ctx, full); ok {
			return name, id, nil
		}
	}
	f := usage("baseline: git: merge-base: cannot tell which branch changes are merged into: there is no origin/HEAD, main or master")
	if r.shallow(ctx) {
		return "", "", f.try("this is a shallow clone: %s", fetchDepthHint)
	}
	return "", "", f.try("run `git remote set-head origin --auto`, or name the baseline: baseline: {git: <branch or tag>}")
}

// mergeBase finds the commit where the work left the default branch.
func (r *repo) mergeBase(ctx context.Context, getenv func(string) string) (branch, id string, err error) {
	if _, ok := r.commit(ctx, "HEAD"); !ok {
		return "", "", usage("baseline: git: merge-base: this repository has no commit yet").
			try("commit first, or start with baseline: none")
	}
	branch, tip, err := r.defaultBranch(ctx, getenv)
	if err != nil {
		return "", "", err
	}
	out, err := r.git(ctx, "merge-base", "HEAD", tip)
	if ctx.Err() != nil {
		return "", "", ctx.Err()
	}
	if err != nil {
		f := usage("baseline: git: merge-base: HEAD and %s have no commit in common", branch)
		if r.shallow(ctx) {
			return "", "", f.try("this is a shallow clone, in which their history is cut off: %s", fetchDepthHint)
		}
		return "", "", f.try("name the baseline: baseline: {git: <branch or tag>}")
	}
	return branch, strings.TrimSpace(out), nil
}

// errNotInCommit says that a commit has no such file.
var errNotInCommit = errors.New("is not in the commit")

// file reads a file as of a commit. The path is relative to the repo's dir, as
// in configuration files; symbolic links inside the commit are followed.
func (r *repo) file(ctx context.Context, commit, name string) ([]byte, error) {
	inRepo := path.Join(r.prefix, filepath.ToSlash(name))
	if path.IsAbs(filepath.ToSlash(name)) || filepath.IsAbs(name) || inRepo == ".." || strings.HasPrefix(inRepo, "../") {
		return nil, fmt.Errorf("%s lies outside the git repository", name)
	}
	if strings.ContainsAny(inRepo, "\n\x00") {
		return nil, fmt.Errorf("%q is not a file name git can be asked for", name)
	}
	out, err := r.gitInput(ctx, commit+":"+inRepo+"\n", "cat-file", "--batch", "--follow-symlinks")
	if err != nil {
		return nil, err
	}
	return parseBatch(out, name)
}

// parseBatch reads one answer of `git cat-file --batch`.
func parseBatch(out []byte, name string) ([]byte, error) {
	br := bufio.NewReader(bytes.NewReader(out))
	head, err := br.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("git gave no answer for %s", name)
	}
	words := strings.Fields(head)
	if len(words) == 3 && words[1] == "blob" {
		size, err := strconv.Atoi(words[2])
		if err != nil || size < 0 || size > len(out) {
			return nil, fmt.Errorf("git gave an answer for %s that cannot be read", name)
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(br, data); err != nil {
			return nil, fmt.Errorf("git's answer for %s is cut off", name)
		}
		return data, nil
	}
	if len(words) == 3 {
		return nil, fmt.Errorf("%s is a %s there, not a file", name, words[1])
	}
	if strings.HasPrefix(head, "symlink ") {
		return nil, fmt.Errorf("%s is a link that leads out of the repository", name)
	}
	return nil, fmt.Errorf("%s %w", name, errNotInCommit)
}

// files lists the files of a commit at or below the repo's dir, relative to it.
func (r *repo) files(ctx context.Context, commit string) ([]string, error) {
	out, err := r.git(ctx, "ls-tree", "-r", "-z", "--name-only", commit)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(out, func(c rune) bool { return c == 0 }), nil
}

// shortCommit is a commit's id as people write it.
func shortCommit(id string) string {
	if len(id) > 10 {
		return id[:10]
	}
	return id
}
