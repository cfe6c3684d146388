//! The sentence of each refusal, in French and in English, with its remedy and its date.

use super::refusal::Refusal;
use catalogue::Text;
use chrono::NaiveDate;

fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// What a person reads when a command is refused.
pub(super) fn sentence(refusal: &Refusal) -> Text {
    match refusal {
        Refusal::UnknownLine(code) => Text::new(
            format!(
                "Le catalogue ne contient pas «\u{a0}{code}\u{a0}». Cherchez-la avec \
                 «\u{a0}guichet catalogue list\u{a0}», ou faites une demande hors catalogue."
            ),
            format!(
                "The catalogue has no line “{code}”. Look it up with “guichet catalogue list”, or \
                 make an off-catalogue request."
            ),
        ),
        Refusal::Form(faults) => Text::new(
            join(
                faults
                    .iter()
                    .map(|it| format!("{}\u{a0}: {}", it.pointer, it.message.fr)),
            ),
            join(
                faults
                    .iter()
                    .map(|it| format!("{}: {}", it.pointer, it.message.en)),
            ),
        ),
        Refusal::Parameters(all) => {
            let words = all
                .iter()
                .map(|it| format!("{} {}", it.pointer, it.message).trim().to_owned());
            let words = words.collect::<std::collections::BTreeSet<_>>();
            let words = words.into_iter().collect::<Vec<_>>().join(", ");
            Text::new(
                format!("Le geste technique refuse ces valeurs\u{a0}: {words}."),
                format!("The action refuses these values: {words}."),
            )
        }
        Refusal::NotSubscribed(line) => Text::new(
            format!(
                "Le service dont relève {line} n’est pas souscrit à ce contrat. Votre \
                 Gestionnaire de Services Managés peut le faire ajouter."
            ),
            format!(
                "The service that {line} belongs to is not subscribed in this contract. Your \
                 managed-services manager can have it added."
            ),
        ),
        Refusal::NotOnShared(line) => Text::new(
            format!(
                "{line} ne peut pas être commandé sur Caascad Shared. Un passage à l’offre \
                 dédiée peut se demander à tout moment."
            ),
            format!(
                "{line} cannot be ordered on Caascad Shared. Moving to the dedicated offer can be \
                 asked for at any time."
            ),
        ),
        Refusal::OutsideContract { starts, ends } => Text::new(
            format!("Le contrat court du {} au {}.", day(*starts), day(*ends)),
            format!("The contract runs from {} to {}.", day(*starts), day(*ends)),
        ),
        Refusal::NotValidated(name) => Text::new(
            format!(
                "La procédure «\u{a0}{name}\u{a0}» n’est validée par personne\u{a0}: \
                 elle ne peut pas servir."
            ),
            format!("Nobody validated the procedure “{name}”: it cannot be used."),
        ),
        Refusal::PriceUnknown => Text::new(
            "Cette ligne est sur devis\u{a0}: son prix vous sera proposé avant toute exécution.",
            "This line is on quote: its price will be offered to you before anything is done.",
        ),
        Refusal::AccelerationOfQuote => Text::new(
            "Seul un changement standard au prix connu peut être accéléré. Déposez la demande au \
             délai normal.",
            "Only a standard change with a known price can be accelerated. Order it at normal \
             speed.",
        ),
        Refusal::NotEnoughTokens { needed, available } => Text::new(
            format!(
                "Il faut {needed} tokens et il en reste {available}. Réduisez la demande ou \
                 demandez une recharge à votre Gestionnaire de Services Managés."
            ),
            format!(
                "{needed} tokens are needed and {available} are left. Ask for less, or ask your \
                 managed-services manager for a grant."
            ),
        ),
        Refusal::QuotaSpent { resets } => Text::new(
            format!(
                "6 changements accélérés sur 6 sont utilisés. Le prochain est possible à partir \
                 du {}\u{202f}; au délai normal, la demande peut partir maintenant.",
                day(*resets)
            ),
            format!(
                "6 of 6 accelerated changes are used. The next is possible from {}; at normal \
                 speed the request can go now.",
                day(*resets)
            ),
        ),
        Refusal::NobodyToDecide => Text::new(
            "Trop peu de personnes, hormis le demandeur, sont habilitées à donner leur accord et à \
             valider. Faites d’abord habiliter une autre personne.",
            "Too few persons, the requester apart, are entitled to agree and to validate. Have \
             another person entitled first.",
        ),
        Refusal::NotEntitled => Text::new(
            "Vous n’êtes pas habilité à faire cela. La liste des personnes habilitées est tenue \
             par le support.",
            "You are not entitled to do this. The support centre keeps the list of entitled \
             persons.",
        ),
        Refusal::SelfApproval => Text::new(
            "Personne ne décide de sa propre demande. Un autre valideur doit répondre.",
            "Nobody decides on their own request. Another approver has to answer.",
        ),
        Refusal::ReasonMissing => Text::new(
            "Un refus doit dire pourquoi. Ajoutez un commentaire.",
            "A refusal has to say why. Add a comment.",
        ),
        Refusal::BadText { field } => Text::new(
            format!(
                "Le texte «\u{a0}{field}\u{a0}» est vide, trop long ou contient des \
                 caractères de contrôle."
            ),
            format!("The text “{field}” is empty, too long or holds control characters."),
        ),
        Refusal::AlreadyDecided => Text::new(
            "La réponse est déjà enregistrée.",
            "The answer has already been recorded.",
        ),
        Refusal::GateExpired { at } => {
            let at = at
                .map(|it| it.format("%Y-%m-%d %H:%M UTC").to_string())
                .unwrap_or_default();
            Text::new(
                format!("Le délai de réponse est passé ({at}). Demandez un nouveau lien."),
                format!("The time to answer has passed ({at}). Ask for a new link."),
            )
        }
        Refusal::PlanChanged => Text::new(
            "Le plan a changé depuis votre lecture. Relisez-le, puis décidez.",
            "The plan changed since you read it. Read it again, then decide.",
        ),
        Refusal::OutOfOrder { state, verb } => Text::new(
            format!(
                "La demande est «\u{a0}{}\u{a0}»\u{a0}: «\u{a0}{verb}\u{a0}» n’est pas possible.",
                state.word()
            ),
            format!(
                "The ticket is “{}”: “{verb}” is not possible.",
                state.word()
            ),
        ),
        Refusal::TaskOutOfOrder { task, status } => Text::new(
            format!(
                "L’étape «\u{a0}{task}\u{a0}» est «\u{a0}{status}\u{a0}»\u{a0}: ce n’est pas \
                 possible maintenant."
            ),
            format!("The task “{task}” is “{status}”: this is not possible now."),
        ),
        Refusal::StaleAttempt => Text::new(
            "Un autre essai a pris la suite\u{202f}; ce résultat est ignoré.",
            "Another attempt has taken over; this result is ignored.",
        ),
        Refusal::NotDue => Text::new(
            "Rien n’est encore à faire\u{202f}; un autre processus s’en est déjà chargé.",
            "Nothing is due yet; another process has already seen to it.",
        ),
        Refusal::Locked { holder } => Text::new(
            format!(
                "La cible est tenue par {holder}\u{202f}; la demande attend qu’elle se libère."
            ),
            format!("The target is held by {holder}; the ticket waits until it is free."),
        ),
        Refusal::NotFound => Text::new(
            "Introuvable ou non accessible avec votre compte.",
            "Not found, or not accessible with your account.",
        ),
        Refusal::KeyReused => Text::new(
            "Cette clé d’idempotence a déjà servi pour un autre contenu.",
            "This idempotency key was already used for other content.",
        ),
        Refusal::BadStart => Text::new(
            "L’heure de début est passée ou hors des fenêtres du contrat.",
            "The start time is past or outside the contract’s windows.",
        ),
        Refusal::OutOfRange { field } => Text::new(
            format!("Le nombre «\u{a0}{field}\u{a0}» est hors limites."),
            format!("The number “{field}” is out of range."),
        ),
        Refusal::Workflow(why) => Text::new(
            format!("La procédure ne s’applique pas à ces réponses\u{a0}: {why}"),
            format!("The workflow does not fit these answers: {why}"),
        ),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}
