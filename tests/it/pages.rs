//! Long lists are read page by page: a page costs the same wherever it begins, nothing is shown
//! twice, and nothing is left out.

use chrono::{DateTime, Duration, Utc};
use engine::{audit::Search, id::TicketId, query::Filter, store::Known, ticket::State};
use sea_orm::DbBackend;
use tests::World;

/// Every way of looking at tickets for which there is an index.
fn looks() -> Vec<(&'static str, Filter)> {
    let client = || Filter {
        client: Some("ACME".into()),
        limit: 50,
        ..Filter::default()
    };
    let mut all = vec![("ticket_newest", client())];
    all.push((
        "ticket_newest",
        Filter {
            state: Some(State::Closed),
            ..client()
        },
    ));
    all.push((
        "ticket_all",
        Filter {
            client: None,
            ..client()
        },
    ));
    all.push((
        "ticket_open",
        Filter {
            open: true,
            ..client()
        },
    ));
    all.push((
        "ticket_open",
        Filter {
            state: Some(State::Running),
            ..client()
        },
    ));
    all.push((
        "ticket_accelerated",
        Filter {
            accelerated: true,
            ..client()
        },
    ));
    all.push((
        "ticket_parent",
        Filter {
            client: None,
            parent: Some(TicketId(uuid::Uuid::nil())),
            ..client()
        },
    ));
    all
}

#[tokio::test]
async fn a_page_of_tickets_begins_at_its_place_in_an_index_and_needs_no_sorting() {
    let world = World::new().await;
    let kind = world.desk.store.connection().get_database_backend();
    for (index, look) in looks() {
        for deep in [false, true] {
            let before = (world.now(), TicketId(uuid::Uuid::nil()));
            let look = Filter {
                before: deep.then_some(before),
                ..look.clone()
            };
            let lines = world.plan(look.asked(kind)).await;
            let all = lines.join("\n");
            assert!(all.contains(index), "{look:?}\n{all}");
            assert!(
                !all.contains("TEMP B-TREE") && !all.contains("Sort"),
                "{look:?}\n{all}"
            );
            let entered = match kind {
                DbBackend::Postgres => lines
                    .iter()
                    .any(|it| it.contains("Index Cond") && it.contains("ROW(created_at, id) <")),
                _ => all.contains("SEARCH") && all.contains("(created_at,id)<(?,?)"),
            };
            assert_eq!(entered, deep, "{look:?}\n{all}");
        }
    }
}

/// Without statistics, which the product never gathers.
#[tokio::test]
async fn a_page_of_the_journal_begins_at_its_place_in_the_index_that_says_most() {
    let world = World::new().await;
    let kind = world.desk.store.connection().get_database_backend();
    let client = Search {
        client: Some("ACME".into()),
        limit: 50,
        ..Search::default()
    };
    let person = Search {
        person: Some(world.person("paul").id),
        ..client.clone()
    };
    let cluster = Search {
        cluster: Some("prod-paris".into()),
        ..client.clone()
    };
    let ticket = Search {
        ticket: Some(TicketId(uuid::Uuid::nil())),
        ..client.clone()
    };
    let key = match kind {
        DbBackend::Postgres => "record_pkey",
        _ => "sqlite_autoindex_record_1",
    };
    let looks = [
        (key, client),
        ("record_person", person),
        ("record_cluster", cluster),
        ("record_ticket", ticket),
    ];
    for (index, look) in looks {
        for (from, before) in [(false, false), (true, false), (false, true), (true, true)] {
            let look = Search {
                from: from.then(|| world.now() - Duration::days(1)),
                before: before.then_some(5),
                ..look.clone()
            };
            let at = (before && index != key).then(|| world.now());
            let lines = world.plan(look.asked(kind, at)).await;
            let all = lines.join("\n");
            assert!(all.contains(index), "{look:?}\n{all}");
            let bound = match kind {
                DbBackend::Postgres => "<",
                _ if index == key => "seq<",
                _ => "(at,seq)<",
            };
            let entered = lines.iter().any(|it| {
                let place = it.contains("SEARCH") || it.contains("Index Cond");
                place && it.contains(bound)
            });
            assert_eq!(entered, before, "{look:?}\n{all}");
        }
    }
}

/// Halving along the key finds what looking at every record finds, wherever a stretch begins and
/// ends, and finds no less where a record has been taken out.
#[tokio::test]
async fn a_stretch_of_the_journal_is_found_along_its_key() {
    let mut world = World::new().await;
    world.audited = false;
    for _ in 0..3 {
        world.settled(&world.order("C01").await).await;
        world.advance(Duration::hours(7));
    }
    let found = async |from, until| {
        let search = Search {
            client: Some("ACME".into()),
            from,
            until,
            limit: 10_000,
            ..Search::default()
        };
        let found = world.desk.records(&search).await.expect("records");
        found.into_iter().map(|it| (it.seq, it.at))
    };
    let all: Vec<(i64, DateTime<Utc>)> = found(None, None).await.collect();
    assert!(all.len() > 10, "{all:?}");
    let mut ends: Vec<DateTime<Utc>> = all.iter().map(|it| it.1).collect();
    ends.dedup();
    let around = |at: &DateTime<Utc>| [-1, 0, 1].map(|it| *at + Duration::microseconds(it));
    let ends: Vec<DateTime<Utc>> = ends.iter().flat_map(around).collect();
    let within = async |all: &[(i64, DateTime<Utc>)]| {
        for from in &ends {
            for until in &ends {
                let is = |it: &&(i64, DateTime<Utc>)| it.1 >= *from && it.1 < *until;
                let expected: Vec<_> = all.iter().filter(is).copied().collect();
                let found: Vec<_> = found(Some(*from), Some(*until)).await.collect();
                assert_eq!(found, expected, "{from} to {until}");
            }
        }
    };
    within(&all).await;
    let mut rest = all.clone();
    let gone = rest.remove(all.len() / 2).0;
    let open = match world.desk.store.connection().get_database_backend() {
        DbBackend::Postgres => "ALTER TABLE record DISABLE TRIGGER ALL",
        _ => "DROP TRIGGER record_no_DELETE",
    };
    for sql in [open, &format!("DELETE FROM record WHERE seq = {gone}")] {
        world.sql(sql).await.expect("somebody may do anything");
    }
    within(&rest).await;
}

/// Looking up one ticket costs the same however many its client has: whatever belongs to it is
/// found by its name.
#[tokio::test]
async fn a_ticket_is_read_through_indexes_alone() {
    let world = World::new().await;
    let kind = world.desk.store.connection().get_database_backend();
    let ticket = Known {
        client: "ACME".into(),
        id: TicketId(uuid::Uuid::nil()),
    };
    let whole = ticket.asked(kind).expect("a statement");
    let letters = engine::outbox::asked(kind, Some("ACME"), Some(ticket.id));
    for asked in [whole, letters] {
        let lines = world.plan(asked).await;
        let tables = lines.iter().filter(|it| match kind {
            DbBackend::Postgres => it.contains("Seq Scan"),
            _ => it.starts_with("SCAN "),
        });
        // The names that are asked for, and what was found of them.
        let lists = ["SCAN it ", "SCAN wanted", "SCAN these"];
        let tables = tables.filter(|it| !lists.iter().any(|list| it.starts_with(list)));
        let all = lines.join("\n");
        assert_eq!(tables.count(), 0, "{all}");
        let entered = match kind {
            DbBackend::Postgres => all.contains("Index Cond"),
            _ => all.contains("SEARCH") && !all.contains("AUTOMATIC"),
        };
        assert!(entered, "{all}");
    }
}

/// Ordered at the same instant, they are told apart by name.
#[tokio::test]
async fn pages_follow_each_other_through_tickets_of_one_instant() {
    let world = World::new().await;
    for _ in 0..5 {
        world.order("C01").await;
    }
    let pages = |limit: u64| {
        let desk = &world.desk;
        async move {
            let mut all: Vec<(DateTime<Utc>, TicketId)> = Vec::new();
            loop {
                let filter = Filter {
                    client: Some("ACME".into()),
                    open: true,
                    before: all.last().copied(),
                    limit,
                    ..Filter::default()
                };
                let page = desk.tickets(&filter).await.expect("a page");
                if page.is_empty() {
                    return all;
                }
                all.extend(page.iter().map(|it| (it.created_at, it.id)));
            }
        }
    };
    let whole = pages(500).await;
    assert_eq!(whole.len(), 5);
    assert!(whole.iter().all(|it| it.0 == whole[0].0), "one instant");
    assert_eq!(pages(2).await, whole);
}

#[tokio::test]
async fn pages_of_the_journal_follow_each_other() {
    let world = World::new().await;
    world.settled(&world.order("C01").await).await;
    world.settled(&world.order("C01").await).await;
    let mut all: Vec<i64> = Vec::new();
    loop {
        let search = Search {
            client: Some("ACME".into()),
            before: all.last().copied(),
            limit: 3,
            ..Search::default()
        };
        let page = world.desk.records(&search).await.expect("a page");
        if page.is_empty() {
            break;
        }
        all.extend(page.iter().map(|it| it.seq));
    }
    let size = all.first().expect("records") + 1;
    assert_eq!(all, (0..size).rev().collect::<Vec<_>>());
    // A number that no record has yet lies beyond all of them.
    for (before, found) in [(size + 7, all.len()), (0, 0), (-1, 0)] {
        let search = Search {
            client: Some("ACME".into()),
            before: Some(before),
            limit: 500,
            ..Search::default()
        };
        let page = world.desk.records(&search).await.expect("a page");
        assert_eq!(page.len(), found);
    }
}
