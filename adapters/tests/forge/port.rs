//! The forge itself: what the client reads, and that any `git` can clone from and push to the
//! stand-in.

use crate::stage::{REPO, Stage, TOKEN, cx, git, repo};
use adapters::forge::{Blob, FileOp, Forge, NewCommit, blob_sha};
use workflows::FaultClass;

#[tokio::test]
async fn sim_gitea_an_ordinary_git_clones_and_pushes() {
    let stage = Stage::set().await;
    let dir = stage.clone.path();
    let address = stage.serving.address();
    let (url, target) = (format!("http://{address}/{REPO}.git"), dir.join("work"));
    let run = move |dir: std::path::PathBuf, args: Vec<String>| {
        tokio::task::spawn_blocking(move || {
            git(&dir, &args.iter().map(String::as_str).collect::<Vec<_>>())
        })
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    run(dir.to_owned(), words(&format!("clone -q {url} work")))
        .await
        .unwrap();
    assert!(target.join("README.md").is_file());

    std::fs::write(target.join("pushed.txt"), "by git\n").unwrap();
    run(target.clone(), words("add pushed.txt")).await.unwrap();
    run(target.clone(), words("commit -q -m Pushed"))
        .await
        .unwrap();
    let refused = run(target.clone(), words("push -q origin main")).await;
    assert!(refused.is_err(), "pushing needs a token");
    let push = format!("push -q http://git:{TOKEN}@{address}/{REPO}.git main");
    run(target.clone(), words(&push)).await.unwrap();

    let client = Stage::client(&stage.serving, TOKEN);
    let head = client.head(&cx(1), &repo(), "main").await.unwrap();
    assert_eq!(head, git(&target, &["rev-parse", "HEAD"]));
    let read = client
        .read(&cx(1), &repo(), &head, "pushed.txt")
        .await
        .unwrap();
    let content = b"by git\n".to_vec();
    assert_eq!(
        read,
        Some(Blob {
            sha: blob_sha(&content),
            content
        })
    );
}

/// A demonstration restarted over the same directory finds its repositories again.
#[tokio::test]
async fn sim_gitea_repositories_outlive_the_server() {
    let stage = Stage::set().await;
    let head = stage.head();
    let root = stage
        .gitea
        .dir(&repo())
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned();
    let again = adapters::sandbox::gitea::Gitea::new(&root);
    again.accept(TOKEN, true);
    assert!(again.has(&repo()) && !again.has(&"orders/other".parse().unwrap()));
    let serving = again.serve(0).await.unwrap();
    let client = Stage::client(&serving, TOKEN);
    assert_eq!(client.head(&cx(1), &repo(), "main").await.unwrap(), head);
}

#[tokio::test]
async fn sim_gitea_one_commit_holds_several_files_or_none() {
    let stage = Stage::set().await;
    let client = Stage::client(&stage.serving, TOKEN);
    let create = |path: &str| FileOp::Create {
        path: path.into(),
        content: b"x\n".to_vec(),
    };
    let delete = |expect: String| FileOp::Delete {
        path: "README.md".into(),
        expect,
    };
    let new = |ops| NewCommit {
        branch: "main".into(),
        ops,
        message: "Several".into(),
        author: "Someone".into(),
    };
    let wrong = new(vec![create("a.txt"), delete(blob_sha(b"another content"))]);
    let fault = client.commit(&cx(1), &repo(), &wrong).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Conflict);
    assert_eq!(stage.commits(), 1, "half of it was not done either");

    let right = new(vec![
        create("a.txt"),
        create("deep/b.txt"),
        delete(blob_sha(b"# Configuration\n")),
    ]);
    let made = client.commit(&cx(1), &repo(), &right).await.unwrap();
    assert_eq!(stage.head(), made.sha);
    let listed = client
        .tree(&cx(1), &repo(), &made.sha, "deep/")
        .await
        .unwrap();
    assert_eq!(
        listed.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
        ["deep/b.txt"]
    );
    assert_eq!(
        client
            .read(&cx(1), &repo(), &made.sha, "README.md")
            .await
            .unwrap(),
        None
    );
    let info = client
        .commit_info(&cx(1), &repo(), &made.sha)
        .await
        .unwrap();
    assert_eq!(
        info.map(|it| it.message.trim().to_owned()),
        Some("Several".to_owned())
    );
    let none = client
        .commit_info(&cx(1), &repo(), &"0".repeat(40))
        .await
        .unwrap();
    assert_eq!(none, None);

    let bad = new(vec![create("../escape")]);
    let fault = client.commit(&cx(1), &repo(), &bad).await.unwrap_err();
    assert_ne!(fault.class, FaultClass::Conflict, "{fault}");
    stage.witness(&["fsck", "--strict"]);
}

/// Two writers at once: both land on one line of history, or one is told to plan again.
#[tokio::test]
async fn sim_gitea_writers_at_once_lose_nothing() {
    let stage = Stage::set().await;
    let client = std::sync::Arc::new(Stage::client(&stage.serving, TOKEN));
    let mut writers = Vec::new();
    for index in 0..6 {
        let client = client.clone();
        writers.push(tokio::spawn(async move {
            let op = FileOp::Create {
                path: format!("w/{index}.txt"),
                content: vec![b'0' + index],
            };
            let new = NewCommit {
                branch: "main".into(),
                ops: vec![op],
                message: format!("Writer {index}"),
                author: "Someone".into(),
            };
            client.commit(&cx(1), &repo(), &new).await.map(|it| it.sha)
        }));
    }
    let mut made = 0;
    for writer in writers {
        made += usize::from(writer.await.unwrap().is_ok());
    }
    assert!(made > 0);
    assert_eq!(
        stage.commits(),
        1 + made,
        "what was acknowledged is there, once"
    );
}
