package cmd

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitDir makes a repository in a directory of its own, away from the user's
// configuration, and returns how to run git in it.
func gitDir(t *testing.T) (dir string, git func(args ...string) string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on the PATH")
	}
	dir = t.TempDir()
	git = func(args ...string) string {
		t.Helper()
		c := exec.Command("git", args...)
		c.Dir, c.Env = dir, gitEnv()
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet", "--initial-branch=main")
	return dir, git
}

func gitEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRepoReadsCommits(t *testing.T) {
	dir, git := gitDir(t)
	sub := filepath.Join(dir, "gate")
	write(t, filepath.Join(sub, "prompts/a.md"), "first\n")
	if err := os.Symlink("a.md", filepath.Join(sub, "prompts/link.md")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hosts", filepath.Join(sub, "prompts/out.md")); err != nil {
		t.Fatal(err)
	}
	git("add", ".")
	git("commit", "--quiet", "-m", "one")
	first := git("rev-parse", "HEAD")
	git("checkout", "--quiet", "-b", "work")
	write(t, filepath.Join(sub, "prompts/a.md"), "second\n")
	git("commit", "--quiet", "-am", "two")
	write(t, filepath.Join(sub, "prompts/a.md"), "not committed\n")

	ctx := context.Background()
	r, err := openRepo(ctx, sub, gitEnv())
	if err != nil {
		t.Fatal(err)
	}
	if r.prefix != "gate" {
		t.Errorf("prefix %q, want gate", r.prefix)
	}
	branch, base, err := r.mergeBase(ctx, func(string) string { return "" })
	if err != nil || branch != "main" || base != first {
		t.Fatalf("merge base %q of %q (%v), want %s of main", base, branch, err, first)
	}
	for _, name := range []string{"prompts/a.md", "prompts/link.md", "./prompts/../prompts/a.md", "../gate/prompts/a.md"} {
		if b, err := r.file(ctx, base, name); err != nil || string(b) != "first\n" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	if b, err := r.file(ctx, "HEAD", "prompts/a.md"); err != nil || string(b) != "second\n" {
		t.Errorf("HEAD: %q, %v", b, err)
	}
	if _, err := r.file(ctx, base, "prompts/none.md"); !errors.Is(err, errNotInCommit) {
		t.Errorf("missing file: %v", err)
	}
	for name, want := range map[string]string{
		"prompts":        "is a tree there, not a file",
		"prompts/out.md": "leads out of the repository",
		"../../x":        "lies outside the git repository",
		"/etc/hosts":     "lies outside the git repository",
	} {
		if _, err := r.file(ctx, base, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if list, err := r.files(ctx, base); err != nil || strings.Join(list, " ") != "prompts/a.md prompts/link.md prompts/out.md" {
		t.Errorf("files: %q, %v", list, err)
	}
	if got, err := os.ReadFile(filepath.Join(sub, "prompts/a.md")); err != nil || string(got) != "not committed\n" {
		t.Errorf("the work tree was touched: %q, %v", got, err)
	}
}

func TestBaseBranchAsCINamesIt(t *testing.T) {
	dir, git := gitDir(t)
	write(t, filepath.Join(dir, "a"), "1")
	git("add", ".")
	git("commit", "--quiet", "-m", "one")
	git("branch", "release")
	write(t, filepath.Join(dir, "a"), "2")
	git("commit", "--quiet", "-am", "two")
	ctx := context.Background()
	r, err := openRepo(ctx, dir, gitEnv())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range baseBranchVars {
		getenv := func(name string) string {
			if name == v {
				return "refs/heads/release"
			}
			return ""
		}
		branch, id, err := r.mergeBase(ctx, getenv)
		if err != nil || branch != "release" || id != git("rev-parse", "release") {
			t.Errorf("%s: %q at %q, %v", v, branch, id, err)
		}
	}
}

func TestRefsThatAreNone(t *testing.T) {
	dir, git := gitDir(t)
	write(t, filepath.Join(dir, "a"), "1")
	git("add", ".")
	git("commit", "--quiet", "-m", "one")
	r, err := openRepo(context.Background(), dir, gitEnv())
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"", "v9", "-x", "--all", "HEAD~4", "a\nb", "HEAD:a", "HEAD^{tree}"} {
		if id, err := r.resolve(context.Background(), ref); err == nil {
			t.Errorf("%q resolved to %s", ref, id)
		}
	}
}
