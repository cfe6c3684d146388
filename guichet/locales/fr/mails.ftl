# Courriels.
# Subjects: the reference comes before, the title is the short title of the ticket.
mail-subject-question = Réponse attendue : { $title }
mail-subject-quote = Devis à valider : { $title } — { $tokens }
mail-subject-approval = Accord attendu : { $title }
mail-subject-approval-by = Accord attendu : { $title } — avant le { $by }
mail-subject-plan-changed = Le plan a changé, nouvel accord attendu : { $title }
mail-subject-validation = À valider et clôturer : { $title }
mail-subject-failed = Non réalisée : { $title } — rien à faire
mail-subject-call = Étude, appel : { $title }
mail-subject-estimate = Étude, estimation à valider : { $title }
mail-subject-conclusion = Étude, conclusion : { $title }

# What all letters share.
mail-from = Guichet — { $provider }
mail-greeting = Bonjour { $name },
mail-greeting-plain = Bonjour,
mail-silence = Si vous ne faites rien : { $what }.
mail-help-ticket = Une question ? Répondez à ce message : votre réponse est jointe à la demande. Téléphone : { $phone }, courriel : { $mail }.
mail-help-support = Une question ? Répondez à ce message : votre réponse arrive au centre de support. Téléphone : { $phone }, courriel : { $mail }.
mail-signature = Centre de support, { $provider } · { $reference } · heures de Paris
mail-signature-personal = Centre de support, { $provider } · { $reference } · heures de Paris · lien personnel, ne le transférez pas
mail-code = Code à recopier sur la page : { $code }
mail-link = Adresse de la page
mail-open = Ouvrir la demande
mail-answer = Répondre à la question
mail-decide = Examiner puis décider
mail-validate = Vérifier puis décider

# Labels of facts.
mail-request = Demande
mail-requester = Demandée par
mail-cluster = Cluster
mail-price = Prix
mail-price-held = Prix (tokens réservés, non débités)
mail-price-most = Prix de l’étude, au plus
mail-to-charge = À débiter à la validation
mail-charged = Débit
mail-returned = Tokens rendus
mail-balance = Solde
mail-balance-after = Solde après débit
mail-accelerated = Changements accélérés utilisés
mail-record = Enregistrement au journal
mail-decider = Accord demandé à
mail-decided-by = Décision de
mail-decide-by = À décider avant le
mail-comment = Commentaire
mail-question = Question
mail-covers = Ce que le prix couvre
mail-until = Valable jusqu’au
mail-effect = Effet
mail-impact = Impact
mail-restarts = Redémarrages
mail-irreversible = Perdu définitivement
mail-warnings = À lire avant de décider
mail-notes = À savoir
mail-undo = Réversible
mail-when = Quand
mail-plan = Empreinte du plan
mail-done = Réalisé le
mail-result = Résultat
mail-remains = Reste à votre charge
mail-step = Étape en échec
mail-cause = Cause
mail-rollback = Retour arrière
mail-reason = Motif
mail-clause = Clause du contrat
mail-remedy = Ce que vous pouvez faire
mail-place = Où
mail-attendees = Participants
mail-duration = Durée de l’étude
mail-lead-time = Délai de remise
mail-changes = Changements proposés

# Values of facts.
mail-more = { $n ->
    [one] … et { $n } autre, à lire sur la page
   *[other] … et { $n } autres, à lire sur la page
  }
mail-nothing = rien
mail-secret = valeur masquée, empreinte { $print }
mail-effect-none = déjà en place, aucune modification
mail-effect-create = { $path } : ajout de { $after }
mail-effect-update = { $path } : { $before } → { $after }
mail-effect-delete = { $path } : suppression (valait { $before })
mail-effect-run = { $path } : exécution
mail-undo-minutes = oui, automatiquement, en { $n } min environ
mail-undo-alone = oui, automatiquement
mail-undo-hand = oui, par un opérateur
mail-undo-no = non
mail-price-accelerated = { $total } ({ $base } + { $surcharge } pour l’accélération)
mail-price-slot = { $total } ({ $base } + { $surcharge } pour l’accélération ; accéléré n° { $slot } sur { $of })
mail-price-later = communiqué après qualification, avant toute réalisation
mail-n-of = { $n } sur { $of }
mail-when-agreed = dès votre accord
mail-window = du { $from } au { $to }
mail-window-day = le { $day } de { $from } à { $to }
mail-window-open = le { $day } à partir de { $from }

# N1 submitted.
mail-submitted-lead = Votre demande est déposée ; prochaine étape : { $next }.
mail-submitted-lead-by = Votre demande est déposée ; prochaine étape : { $next }, avant le { $by }.

# N2 question.
mail-question-lead = { $who } a besoin d’une précision pour continuer.
mail-question-silence = le délai de votre demande reste suspendu

# N3 quote.
mail-quote-lead = Nous proposons { $tokens } pour cette demande.
mail-quote-silence = le devis expire le { $until } et rien n’est débité

# N4 approval, N5 plan changed.
mail-approval-lead = Donnez ou refusez votre accord avant le { $by }.
mail-approval-lead-open = Donnez ou refusez votre accord sur le plan ci-dessous.
mail-approval-silence = rien n’est exécuté
mail-approval-silence-window = rien n’est exécuté et la fenêtre est perdue
mail-approval-bound = Votre accord ne vaut que pour ce plan : si le plan change, nous vous le redemandons.
mail-plan-changed-lead = Votre accord du { $at } ne vaut plus : le plan a changé depuis.

# N6 reminder.
mail-reminder = Rappel { $nth } sur { $of } : votre décision est attendue.
mail-reminder-left = Rappel { $nth } sur { $of } : il vous reste { $left } pour décider.
mail-reminder-manager = Rappel { $nth } sur { $of } : { $who } n’a pas encore répondu.

# N7 receipt.
mail-receipt-own-agreed = Vous avez donné votre accord le { $at }.
mail-receipt-own-declined = Vous avez refusé votre accord le { $at }.
mail-receipt-own-validated = Vous avez validé et clôturé la demande le { $at }.
mail-receipt-own-contested = Vous n’avez pas validé la demande le { $at } ; nos opérateurs la reprennent.
mail-receipt-agreed = { $who } a donné son accord le { $at }.
mail-receipt-declined = { $who } a refusé son accord le { $at }.
mail-receipt-validated = { $who } a validé et clôturé la demande le { $at }.
mail-receipt-contested = { $who } n’a pas validé la demande le { $at } ; nos opérateurs la reprennent.
mail-receipt-not-you = Ce n’était pas vous ? Dites-le sur la page de la demande ou appelez le centre de support.
mail-receipt-wrong = Cette décision vous surprend ? Dites-le sur la page de la demande ou appelez le centre de support.

# N8 scheduled, starting.
mail-scheduled-lead = Intervention prévue : { $window }.
mail-starting-lead = L’intervention commence : { $window }.

# N9 to validate and close.
mail-validation-lead = C’est fait : { $result }. Vérifiez et clôturez avant le { $by }.
mail-validation-lead-plain = C’est fait. Vérifiez et clôturez avant le { $by }.
mail-validation-silence = nous vous relançons ; votre silence ne vaut pas validation
mail-validation-silence-tacit = la demande est close le { $on }, comme le prévoit votre contrat ; pour contester ensuite, répondez à ce message
mail-validation-scope = Nos contrôles portent sur la plateforme, jamais sur le fonctionnement de vos applications.

# N10 failed.
mail-failed-lead-undone = L’étape { $step } a échoué ; le retour arrière est fait. Aucun token débité.
mail-failed-lead-nothing = L’étape { $step } a échoué avant toute modification. Aucun token débité.
mail-failed-lead-missing = L’étape { $step } a échoué ; le retour arrière n’est pas fait. Aucun token débité.
mail-failed-silence = le centre de support reprend la demande et vous tient au courant
mail-undone = fait et vérifié
mail-undone-nothing = sans objet, rien n’avait été modifié
mail-undone-missing = pas fait, un opérateur s’en occupe

# N11 closed.
mail-closed-lead = Clôturée. Débit : { $charged } ; solde : { $balance } ; accélérés : { $accelerated }.
mail-closed-lead-tacit = Clôturée sans réponse de votre part, comme le prévoit votre contrat. Débit : { $charged } ; solde : { $balance } ; accélérés : { $accelerated }.

# N12 refused, cancelled, expired.
mail-refused-lead = Votre demande est refusée.
mail-refused-by-lead = Votre demande est refusée par { $who }.
mail-cancelled-lead = Votre demande est annulée.
mail-cancelled-by-lead = Votre demande est annulée par { $who }.
mail-expired-lead = Votre demande a expiré : personne n’a décidé à temps.

# N13 study.
mail-call-lead = Point téléphonique : { $window }. L’invitation est jointe.
mail-call-lead-moved = Point téléphonique déplacé : { $window }. La nouvelle invitation est jointe.
mail-call-free = Ce point est gratuit ; il sert à bien comprendre votre besoin.
mail-estimate-lead = Nous estimons cette étude à { $tokens } ; elle ne commence qu’avec votre accord.
mail-estimate-silence = l’estimation expire le { $until }, l’étude n’a pas lieu et rien n’est débité
mail-estimate-due = L’étude est sans garantie de résultat : elle est due même si elle conclut que le changement n’est pas faisable.
mail-feasible-lead = L’étude conclut que votre besoin est réalisable, par les changements ci-dessous.
mail-reclassified-lead = Votre besoin relève du catalogue : il devient les changements ci-dessous, sans étude.
mail-infeasible-lead = L’étude conclut que votre besoin n’est pas réalisable.
