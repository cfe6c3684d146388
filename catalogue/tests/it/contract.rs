//! S3–S6, S55: the 26 lines exactly, their prices, classes and flavours.

use crate::{catalogue, entry};
use catalogue::{Class, Entry, Environment, Family, Offer, Pricing, Shared, Text, Tokens};

/// The annex, word for word, with the price in brackets there; 0 stands for a quote.
const ANNEX: [(&str, &str, u32); 26] = [
    ("K01", "Modification des valeurs min max des nodepool", 2),
    (
        "K02",
        "Redimensionner les nœuds et redéployer un cluster pour 5 noeuds",
        4,
    ),
    ("K03", "Création d'une nouvelle nodepool", 2),
    (
        "K04",
        "Restaurer le dépôt de code (Gitea) à partir d'une version sauvegardée",
        4,
    ),
    ("K05", "Activation de la fonctionnalité Vault Injector", 2),
    (
        "K06",
        "Réaliser un \"hibernate ou wake\" du cluster de manière manuelle",
        1,
    ),
    (
        "K07",
        "Lancer un script de configuration sur un worker spécifique",
        2,
    ),
    ("K08", "Changer la période de rétention des logs", 3),
    (
        "K09",
        "Changer la période de rétention globale des métriques",
        3,
    ),
    (
        "K10",
        "Ajout/modification d'une résolution DNS spécifique dans blackbox-exporter",
        3,
    ),
    (
        "K11",
        "Ajout/modification external label dans Prometheus client",
        3,
    ),
    (
        "K12",
        "Mise en place d'un routage des alertes vers un AlertManager externe",
        3,
    ),
    (
        "K13",
        "Ajout d'un receiver/route dans AlertManager pour les alertes",
        3,
    ),
    (
        "C01",
        "Déposer, Modifier ou supprimer un manifest dans le dépôt de code Git CaasCad",
        2,
    ),
    (
        "C02",
        "Déposer, Modifier ou supprimer un Docker file dans le repository CaasCad",
        2,
    ),
    (
        "C03",
        "Déposer, Modifier ou supprimer une routine dans la chaîne de déploiement CaasCad",
        2,
    ),
    (
        "C04",
        "Déployer une image de conteneur sur un cluster depuis le repository & un manifest",
        2,
    ),
    (
        "C05",
        "Déployer une image de conteneur version N-1 sur un cluster à partir d'un manifest",
        2,
    ),
    (
        "C06",
        "Déployer une version d'application sur un cluster à partir d'images et de manifests",
        4,
    ),
    (
        "C07",
        "Vérifier le bon déploiement d'une image de conteneur sur un K8S (hors applicatif)",
        2,
    ),
    (
        "C08",
        "Vérifier le bon déploiement d'un ensemble de conteneurs sur un K8S (hors applicatif)",
        4,
    ),
    (
        "C09",
        "Modifier le end point d'un exporter pour orienter les logs et métriques vers CaasCad",
        2,
    ),
    (
        "C10",
        "Créer/Modifier/Supprimer une alarme dans l'alerter CaasCad",
        4,
    ),
    (
        "C11",
        "Ajouter / configurer un exporter de métriques applicatives",
        0,
    ),
    (
        "C12",
        "Ajouter / configurer un dashboard Grafana de métriques / log dans CaasCad",
        0,
    ),
    (
        "C13",
        "Structurer le GIT, la CD et outils pour intégration dans les process client",
        0,
    ),
];

fn tokens(entry: &Entry) -> u32 {
    entry.unit_tokens().map_or(0, |it| it.0)
}

#[test]
fn the_26_lines_are_those_of_the_annex_in_its_order_and_words() {
    let catalogue = catalogue();
    let lines: Vec<_> = catalogue
        .iter()
        .map(|it| (it.code.as_str(), it.title.fr.as_str(), tokens(it)))
        .collect();
    assert_eq!(lines, ANNEX);
}

#[test]
fn prices_add_up_to_those_of_the_annex() {
    let catalogue = catalogue();
    let of = |price| catalogue.iter().filter(|it| tokens(it) == price).count();
    assert_eq!((of(1), of(2), of(3), of(4), of(0)), (1, 11, 6, 5, 3));
    let sum = |family| -> u32 {
        catalogue
            .iter()
            .filter(|it| it.family == family)
            .map(tokens)
            .sum()
    };
    assert_eq!((sum(Family::Kubernetes), sum(Family::Containers)), (35, 26));
    let size = |family| catalogue.iter().filter(|it| it.family == family).count();
    assert_eq!(
        (size(Family::Kubernetes), size(Family::Containers)),
        (13, 13)
    );
}

#[test]
fn exactly_one_line_is_simple_and_its_class_comes_from_its_price() {
    let catalogue = catalogue();
    let simple: Vec<_> = catalogue
        .iter()
        .filter(|it| it.class() == Class::Simple)
        .collect();
    assert_eq!(simple.len(), 1);
    assert_eq!(simple[0].code, "K06");
    // S5: a quote is complex whatever it ends up costing.
    assert!(entry("C12").is_quoted() && entry("C12").class() == Class::Complex);
    assert_eq!(entry("K11").class(), Class::Complex);
}

#[test]
fn the_three_quoted_lines_are_two_quotes_and_one_of_time_spent() {
    assert_eq!(entry("C11").pricing, Pricing::TimeAndMaterials);
    assert_eq!(entry("C12").pricing, Pricing::Quoted);
    assert_eq!(entry("C13").pricing, Pricing::Quoted);
}

#[test]
fn shared_opens_five_lines_and_two_more_only_by_contract() {
    let catalogue = catalogue();
    let open = |allowed| -> Vec<_> {
        catalogue
            .iter()
            .filter(|it| it.orderable_on(Offer::Shared, allowed))
            .map(|it| it.code.as_str())
            .collect()
    };
    assert_eq!(open(false), ["K01", "K02", "K03", "K06", "K07"]);
    assert_eq!(
        open(true),
        ["K01", "K02", "K03", "K06", "K07", "C07", "C08"]
    );
    assert_eq!(
        catalogue
            .iter()
            .filter(|it| it.shared.orderable_by_default())
            .count(),
        5
    );
    assert_eq!(entry("C07").shared, Shared::ByContract);
    assert!(
        catalogue
            .iter()
            .all(|it| it.orderable_on(Offer::Dedicated, false))
    );
}

#[test]
fn changes_that_move_nodes_say_that_infrastructure_is_paid_apart() {
    // S64
    let catalogue = catalogue();
    let noted: Vec<_> = catalogue
        .iter()
        .filter(|it| it.iaas_note)
        .map(|it| &it.code)
        .collect();
    assert_eq!(noted, ["K01", "K02", "K03"]);
}

#[test]
fn what_the_client_must_know_is_written_in_the_lines_concerned() {
    let says = |code: &str, words: &str| {
        assert!(
            entry(code).notes.iter().any(|it| it.fr.contains(words)),
            "{code} does not say: {words}"
        );
    };
    says("K05", "environnements de votre choix"); // S72
    says("K05", "annotations"); // S73
    says("K07", "pas durable"); // S53
    says("K08", "globale"); // S71
    says("K08", "ni répliqués ni sauvegardés"); // S54
    says("K09", "machines virtuelles"); // S70
    says("C05", "une version"); // S60
    says("C07", "applicatif n’est pas vérifié"); // S62
    says("C04", "stateful"); // S61
}

#[test]
fn quoted_lines_share_one_workflow_and_hand_it_their_constants() {
    for (code, deliverable) in [
        ("C11", "exporter"),
        ("C12", "dashboard"),
        ("C13", "structure"),
    ] {
        let entry = entry(code);
        assert_eq!(entry.workflow, "quoted-work");
        assert_eq!(entry.given["deliverable"], deliverable);
    }
    assert_eq!(entry("K06").workflow, "cluster-power");
    assert_eq!(entry("K06").environment, Environment::Client);
}

#[test]
fn every_form_asks_first_for_the_cluster() {
    for entry in catalogue().iter() {
        assert_eq!(entry.form.fields[0].name, "cluster", "{}", entry.code);
        assert_eq!(
            entry.form.fields[0].kind,
            catalogue::Kind::Cluster,
            "{}",
            entry.code
        );
    }
}

fn texts(entry: &Entry) -> Vec<&Text> {
    let fields = entry
        .form
        .fields
        .iter()
        .flat_map(|it| [&it.label, &it.hint]);
    [&entry.summary, &entry.group]
        .into_iter()
        .chain(&entry.notes)
        .chain(fields)
        .collect()
}

#[test]
fn french_is_set_as_french_is() {
    // The titles are the contract's own and stay as it wrote them.
    for entry in catalogue().iter() {
        for fr in texts(entry).into_iter().map(|it| &it.fr) {
            for wrong in [" :", " ;", " !", " ?", "« ", " »", "'"] {
                assert!(!fr.contains(wrong), "{}: {wrong:?} in {fr}", entry.code);
            }
        }
    }
}

#[test]
fn every_label_exists_in_both_languages() {
    for entry in catalogue().iter() {
        assert!(!entry.synonyms.is_empty(), "{}", entry.code);
        for text in texts(entry) {
            assert_eq!(
                text.fr.is_empty(),
                text.en.is_empty(),
                "{}: {}",
                entry.code,
                text.fr
            );
        }
    }
}

#[test]
fn a_line_is_found_by_code_or_key() {
    let catalogue = catalogue();
    assert_eq!(catalogue.get("k06").unwrap().key, "cluster-hibernate-wake");
    assert_eq!(catalogue.get("cluster-hibernate-wake").unwrap().code, "K06");
    assert!(catalogue.get("K99").is_none());
}

#[test]
fn search_ignores_accents_and_capitals_and_takes_words_in_any_order() {
    let catalogue = catalogue();
    let found = |query| -> Vec<_> {
        catalogue
            .search(query)
            .into_iter()
            .map(|it| it.code.as_str())
            .collect()
    };
    assert_eq!(found("retention LOGS")[0], "K08");
    assert_eq!(found("loki"), ["K08"]);
    assert_eq!(found("réveiller"), ["K06"]);
    assert_eq!(found("reveiller"), ["K06"]);
    assert_eq!(found("k13"), ["K13"]);
    assert_eq!(found("tableau de bord"), ["C12"]);
    assert_eq!(found("grafana dashboard")[0], "C12");
    assert!(found("").len() == 26 && found("introuvable-nulle-part").is_empty());
}

#[test]
fn a_line_stored_with_a_ticket_reads_back_the_same() {
    for entry in catalogue().iter() {
        let stored = serde_json::to_string(entry).unwrap();
        assert_eq!(&serde_json::from_str::<Entry>(&stored).unwrap(), entry);
    }
    assert_eq!(serde_json::to_string(&Tokens(4)).unwrap(), "4");
}
