# Cadre de chaque page.
frame-skip = Aller au contenu
frame-main = Principal
frame-languages = Langue
frame-preferences = Langue et couleurs
frame-support = centre de support, { $provider }
frame-zone = Les heures sont celles d’Europe/Paris
frame-demo = DÉMONSTRATION
nav-inbox = À faire
nav-waiting = en attente de vous
nav-tickets = Demandes
nav-catalogue = Catalogue
nav-contract = Contrat
nav-audit = Traçabilité
nav-outbox = Courriels
nav-new = Nouvelle demande
nav-sign-out = Se déconnecter
theme-auto = Auto
theme-light = Clair
theme-dark = Sombre
list-more = Voir plus

# Formulaires.
field-optional = (facultatif)
field-error = Erreur :
faults-title = Il y a un problème

# À faire.
inbox-title = À faire ({ $n })

# Demandes.
tickets-q = Référence ou mots
tickets-state = État
tickets-accelerated = Accélérées seulement
tickets-filter = Filtrer
tickets-count = { $n ->
    [one] { $n } demande
   *[other] { $n } demandes
  }
tickets-none = Aucune demande ne correspond.
tickets-none-next = Choisir un changement au catalogue
tickets-reference = Référence
tickets-title = Demande
tickets-tokens = Tokens
ticket-slot = Accéléré, { $n } sur { $of }
ticket-due = Échéance :
ticket-fresh = Votre demande { $reference } est déposée.
ticket-fresh-next = Le plan est en cours de calcul sur les systèmes réels. Vous recevrez un courriel dès que quelqu’un devra décider ; cette page montre toujours où en est la demande.
ticket-changes = Ce qui va changer
ticket-changed = Ce qui a changé
ticket-planned = Ce qui était prévu
ticket-price = Prix
ticket-asked = Ce qui est demandé
ticket-by = Demandé par { $who },
ticket-contract = contrat
ticket-tasks = Étapes
ticket-progress = { $n } sur { $all } terminées
ticket-graph-text = schéma en texte
ticket-kin = Demandes liées
ticket-agreements = Accords
ticket-no-agreement = Personne n’a encore été sollicité.
ticket-tokens = Tokens
ticket-no-move = Aucun mouvement de tokens.
ticket-feed = Fil de la demande
turn-you = C’est à vous
turn-other = C’est au tour de : { $who }
turn-guichet = Guichet travaille
turn-nobody = Plus rien à faire
failure-title = L’étape « { $task } » a échoué
failure-duty = Ce que vous avez à faire :
task-detail = Journal et preuves
task-proof = attendu { $expected }, constaté { $actual }
agreement-asked = Demandé
agreement-answered = répondu
progress-done = faite
progress-current = en cours
progress-stopped = arrêtée ici
progress-ahead = à venir
progress-none = sans objet

# Prix et mouvements de tokens.
price-base = Changement
price-surcharge = Accéléré (prix doublé)
price-total = Total
price-held = Réservés maintenant, débités à la clôture, rendus si le changement n’est pas réalisé.
price-captured = Débités.
price-released = Rendus : ce changement ne coûte rien.
price-none = Rien n’est encore réservé.
move-date = Date
move-reference = Demande
move-label = Mouvement
move-amount = Tokens
move-held = Réservés
move-available = Disponibles

# Plan.
plan-none = Le plan n’est pas encore calculé.
plan-empty = Tout est déjà comme demandé : rien ne sera écrit, et le résultat sera tout de même contrôlé.
plan-counts = { $updates ->
    [one] { $updates } modification
   *[other] { $updates } modifications
  }, { $creates ->
    [one] { $creates } création
   *[other] { $creates } créations
  }, { $deletes ->
    [one] { $deletes } suppression
   *[other] { $deletes } suppressions
  }, { $runs ->
    [one] { $runs } commande
   *[other] { $runs } commandes
  }
plan-impact = Effet sur le service :
plan-irreversible = Irréversible :
plan-create = créer
plan-update = modifier
plan-delete = supprimer
plan-run = exécuter
plan-masked = valeur masquée, empreinte { $digest }
plan-masked-whole = valeur masquée
plan-unnamed = { $n ->
    [one] { $n } autre chemin change.
   *[other] { $n } autres chemins changent.
  }
plan-lines = { $n ->
    [one] { $n } ligne
   *[other] { $n } lignes
  }
plan-hidden = { $n ->
    [one] { $n } ligne n’est pas montrée ici.
   *[other] { $n } lignes ne sont pas montrées ici.
  }
digest-read = Empreinte de ce qui a été lu
plan-digest = Empreinte du plan

# Décisions et liens.
decide-plan = Ce qui va changer, en détail
decide-done = Ce qui a changé, en détail
decide-comment = Commentaire
decide-send = Envoyer ma décision
decide-nothing-yet = Rien n’est enregistré avant l’envoi. Vous recevrez un accusé par courriel.
stale-title = Le plan a changé depuis votre lecture
stale-help = Votre décision n’a pas été enregistrée : elle portait sur un plan plus ancien. Lisez le nouveau, puis décidez.
stale-read = Plan que vous aviez lu :
stale-now = Le plan maintenant
stale-again = Décider sur ce plan
stale-ticket = Revenir à la demande
link-title = Décision attendue
link-for = Ce lien est personnel : il est pour { $who }. Ne le transférez pas.
receipt-title = Votre décision
receipt-done = Votre décision est enregistrée
receipt-already = Cette décision est déjà enregistrée
receipt-request = Demande
receipt-who = Décidé par
receipt-when = Le
receipt-next = La suite
receipt-mail = Un accusé a été envoyé par courriel à la personne qui a décidé et au demandeur. Si ce n’était pas vous, répondez à ce courriel.
gone-title = Ce lien n’ouvre plus rien
gone-help = Il a pu expirer ou être remplacé par un plus récent. L’ouvrir n’a enregistré aucune décision.
gone-renew = Recevoir un nouveau lien
gone-where = Le nouveau lien part uniquement à l’adresse enregistrée.
renewed-title = Demande prise en compte
renewed-help = Si une décision est encore attendue, un nouveau lien part à l’adresse enregistrée.

# Catalogue et commandes.
catalogue-q = Que voulez-vous changer ?
catalogue-simple = Changements simples seulement
catalogue-search = Rechercher
catalogue-found = { $n ->
    [one] { $n } ligne trouvée
   *[other] { $n } lignes trouvées
  }
catalogue-by-hand = réalisé par un opérateur
catalogue-missing = Rien ne convient ?
catalogue-study = Faire une demande hors catalogue
item-tasks = Ce que nous ferons
item-terms = Prix et conditions
item-order = Commander ce changement
order-continue = Continuer : vérifier la demande
check-title = Vérifiez votre demande avant de la déposer
check-terms = Prix et conditions
check-submit = Déposer la demande
check-edit = Modifier
check-nothing-yet = La demande n’est pas déposée tant que vous n’avez pas cliqué.

# Études.
study-new-title = Demande hors catalogue
study-new-help = Décrivez votre besoin. Nous vous appellerons une demi-heure, puis vous proposerons un changement du catalogue ou une étude avec son estimation en tokens.
study-new-submit = Déposer la demande
study-new-price = Rien n’est débité à ce stade. Une étude ne peut jamais être accélérée.
study-fresh-next = Le centre de support va proposer des créneaux pour un point téléphonique d’une demi-heure.
study-need = Le besoin
study-call = Point téléphonique d’une demi-heure
study-minutes = Compte rendu
study-outcome = Suite donnée

# Contrat.
contract-title = Contrat { $code }
contract-balance = Tokens
contract-available = disponibles
contract-held = réservés
contract-spent = débités
contract-granted = accordés
contract-formula = Disponibles = accordés − débités − réservés : { $available } = { $granted } − { $spent } − { $held }
contract-slots = Changements accélérés
contract-slots-used = { $used ->
    [one] { $used } utilisé
   *[other] { $used } utilisés
  }, { $reserved ->
    [one] { $reserved } réservé
   *[other] { $reserved } réservés
  }, { $free ->
    [one] { $free } restant
   *[other] { $free } restants
  } sur { $of }.
contract-slots-from = Année de contrat du
contract-slots-until = au
contract-statement = Relevé
contract-period = Période
contract-show = Afficher
contract-opening = Solde reporté :
contract-closing = Solde à la fin :
contract-no-move = Aucun mouvement sur cette période.
contract-alarm = Les mouvements ne mènent pas au solde affiché. Prévenez le centre de support.
lot-label = Lot
lot-granted = Accordés
lot-left = Restants
lot-expires = Expire
lot-never = jamais
slot-used = utilisé
slot-reserved = réservé
slot-free = libre

# Traçabilité.
audit-search = Rechercher
audit-count = { $n ->
    [one] { $n } événement
   *[other] { $n } événements
  }
audit-none = Aucun événement ne répond à ces critères.
audit-seq = N°
audit-at = Quand
audit-who = Qui
audit-what = Quoi
audit-hash = Empreinte

# Démonstration : courriels et personnes.
outbox-count = { $n ->
    [one] { $n } courriel.
   *[other] { $n } courriels.
  }
outbox-help = Dans la démonstration, les courriels restent ici au lieu de partir.
outbox-none = Pas encore de courriel : commandez d’abord un changement.
outbox-subject = Objet
outbox-to = À
outbox-at = Quand
mail-open-link = Ouvrir le lien de ce courriel
mail-html = Voir la version HTML
mail-headers = En-têtes
personas-title = Qui voulez-vous être ?
personas-help = Cette démonstration ne demande pas de mot de passe. Choisissez une personne, regardez, puis revenez en tant qu’une autre.
personas-enter = Continuer en tant que { $name }
personas-tour = À essayer

# Connexion et incidents.
sign-in-title = Connexion
sign-in-submit = Se connecter
sign-in-link = Pour donner un accord ou valider, le lien de votre courriel suffit : aucun compte n’est nécessaire.
trouble-not-found = Introuvable ou non accessible avec votre compte
trouble-not-found-help = Vérifiez l’adresse, ou connectez-vous avec un compte qui y a accès.
trouble-forbidden = Requête refusée
trouble-forbidden-help = Ce formulaire ne vient pas de ce site, ou votre session est terminée. Revenez en arrière, rechargez la page et recommencez. Rien n’a été enregistré.
trouble-refused = Ce n’est pas possible
trouble-refused-help = Revenez en arrière et corrigez ce qui ne va pas. Rien n’a été enregistré.
trouble-unavailable = Momentanément indisponible
trouble-unavailable-help = Rien n’a été enregistré à moitié : réessayez dans un instant avec le même formulaire, il ne comptera qu’une fois.
trouble-too-many = Trop d’essais
trouble-too-many-help = Trop d’essais infructueux depuis votre réseau. Attendez une minute, puis réessayez ; rien n’est perdu.
trouble-broken = Une erreur s’est produite de notre côté
trouble-broken-help = Rien de ce que vous avez saisi n’est perdu ni fait deux fois : réessayez dans un instant, ou prévenez le centre de support.
trouble-as = Vous êtes connecté en tant que { $who }.
trouble-request = Numéro à rappeler :
trouble-home = Revenir à l’accueil

# Rôles, et ce que voit chacun.
role-requester = demandeur
role-requester-sees = Commande des changements et les suit, avec leur prix.
role-approver = valideur
role-approver-sees = Donne son accord aux plans et aux prix, valide et clôture.
role-agent = centre de support
role-agent-sees = Dépose pour les clients, tient les points téléphoniques, relance.
role-operator = opérateur
role-operator-sees = Approuve les plans, réalise des étapes à la main, débloque.
role-manager = Gestionnaire de Services Managés
role-manager-sees = Chiffre les devis, conclut les études, attribue des tokens.
role-auditor = auditeur
role-auditor-sees = Lit qui a fait quoi, et ne change rien.
role-admin = administrateur
role-admin-sees = Tient les comptes, et ne décide de rien.
tour-order = Connectez-vous en tant que demandeur et commandez un changement au catalogue : le prix est imprimé avant l’envoi.
tour-mail = Ouvrez « Courriels » : le plan est calculé, et un valideur a reçu un lien personnel.
tour-decide = Ouvrez ce lien, lisez ce qui va changer, et décidez. L’ouvrir ne décide de rien.
tour-watch = Revenez à la demande : elle agit, se prouve, puis attend la validation.

# Où en est une demande.
state-calling = Point téléphonique à tenir
state-orienting = En cours d’orientation
state-quoting = Devis en préparation
state-offered = Prix à accepter
state-studying = Étude en cours
state-preparing = Plan en cours de calcul
state-agreeing = Plan à approuver
state-scheduled = Planifiée
state-running = En cours d’exécution
state-suspended = Suspendue
state-blocked = Attend un opérateur
state-undoing = Retour arrière en cours
state-delivered = Réalisée, à valider
state-contested = Contestée, à reprendre
state-closed = Clôturée
state-yours = Attend votre décision
state-theirs = Attend { $who }
ending-validated = Validée et clôturée
ending-tacit = Clôturée sans réponse
ending-failed = Non réalisée, retour arrière fait
ending-cancelled = Annulée
ending-declined = Refusée
ending-expired = Expirée sans réponse
ending-infeasible = Étude rendue : pas faisable
ending-feasible = Étude rendue : faisable
ending-reclassified = Reclassée au catalogue
step-need = Besoin
step-call = Point téléphonique
step-orientation = Orientation
step-study-agreed = Accord sur l’étude
step-study = Étude
step-conclusion = Conclusion

# Ce qu'il y a à faire, et par qui.
act-agreement = Donner ou refuser votre accord
act-operations = Approuver ou refuser le plan
act-offer = Accepter ou refuser le prix
act-estimate = Accepter ou refuser l’estimation
act-passage = Laisser continuer ou non
act-validation = Valider et clôturer
act-by-hand = Réaliser une étape à la main
act-unblock = Débloquer
act-rework = Reprendre
inbox-decisions = Vos décisions
inbox-closures = À valider et clôturer
inbox-stuck = À débloquer
inbox-by-hand = À réaliser à la main
inbox-elsewhere = En cours, rien à faire pour vous
inbox-empty = Rien pour le moment.
next-review = Examiner puis décider
next-starts = Le changement commence { $when }.
next-suspended = Suspendue par un opérateur : { $why }
next-standstill = Ce qui bloque : { $why }
next-contested = Le client n’a pas validé : { $why }
next-cause = Motif : { $why }
next-locked = Une autre demande modifie la même cible ; celle-ci attend son tour.
next-validate = Contrôlez le résultat, puis validez : les tokens sont débités à ce moment.
check-plan = Plan calculé
check-tokens = Tokens réservés
check-awaited = Décision de { $who }
and-others = et { $n } autres
do-cancel = Annuler la demande
do-suspend = Suspendre
do-resume = Reprendre
do-give-up = Abandonner et revenir en arrière
do-redeliver = Déclarer la reprise faite
do-remind = Relancer
do-quote = Envoyer le devis
do-propose-call = Proposer des créneaux
do-choose-call = Choisir ce créneau
do-record-call = Enregistrer le point téléphonique
do-estimate = Estimer l’étude
do-reclassify = Reclasser au catalogue
do-conclude = Conclure l’étude
reason = Motif
quote-tokens = Prix en tokens
quote-note = Ce que couvre le prix
rework-note = Ce qui a été fait
kin-parent = issue de
kin-child = a donné
fault-transient = Le système n’a pas répondu, malgré plusieurs essais.
fault-ambiguous = Le système n’a pas dit si la demande avait été prise en compte.
fault-conflict = La cible a changé entre-temps.
fault-rejected = Le système a refusé ce qui lui était demandé.
fault-denied = Le système n’a pas accepté nos droits d’accès.
fault-missing = Ce qui devait être modifié n’existe pas.
fault-guard = Une de nos règles de sécurité a arrêté l’étape.
fault-by-hand = L’étape réalisée à la main n’a pas abouti.
failure-undone = Tout ce qui avait commencé a été défait, et aucun token n’est débité.
failure-undoing = Ce qui avait commencé est en cours de retour arrière.
failure-blocked = Un opérateur examine la situation ; rien d’autre ne se passe d’ici là.
failure-watched = La demande continue sous surveillance.
failure-duty-nothing = rien.
task-outcome = Comment cela s’est-il passé ?
task-went-well = Fait, comme demandé
task-failed = Pas fait, ou mal passé
task-evidence = Ce qui a été fait, et ce qui le montre
task-evidence-hint = Conservé avec la demande comme preuve. Pas de secret.
task-spent = Tokens de temps passé
task-complete = Enregistrer l’étape
task-retry = Réessayer
task-skip = Passer avec preuve
task-take-over = Réaliser à la main
task-proof-label = Pourquoi ce n’est pas nécessaire, ou déjà fait

# Questions et réponses.
ask-decision = Votre décision
ask-choose = Choisissez l’une des deux réponses
ask-say-why = Dites pourquoi vous refusez
ask-comment-hint = Obligatoire si vous refusez.
ask-code = Code à six chiffres
ask-code-hint = Il figure dans le courriel, car ce changement est irréversible.
ask-code-wrong = Ce n’est pas le code du courriel
ask-confirm = Rien n’est encore enregistré. Merci de relire, puis de confirmer votre décision.
ask-due = Les tokens de l’étude sont dus même si elle conclut à une impossibilité (§ 1.16).
ask-refused = Refusé
ask-refused-next = Rien n’est exécuté, et les tokens réservés sont rendus.
ask-contested = Non validée
ask-contested-next = Le prestataire la reprend ; aucun token n’est débité entre-temps.
ask-agreement = Donnez-vous votre accord à ce changement ?
ask-agreement-yes = Je donne mon accord : le changement peut être réalisé
ask-agreement-no = Je refuse : rien n’est exécuté
ask-agreement-done = Accord donné
ask-agreement-next = Le changement commence dès que sa fenêtre le permet.
ask-operations = Ce plan peut-il être exécuté sans danger ?
ask-operations-yes = Oui, j’approuve le plan
ask-operations-no = Non, je le refuse
ask-operations-done = Plan approuvé
ask-operations-next = L’accord du client est demandé.
ask-offer = Acceptez-vous ce prix ?
ask-offer-yes = J’accepte : les tokens sont réservés et le changement est préparé
ask-offer-no = Je refuse : rien n’est exécuté ni débité
ask-offer-done = Prix accepté
ask-offer-next = Le plan est en cours de calcul.
ask-estimate = Acceptez-vous l’estimation de cette étude ?
ask-estimate-yes = J’accepte : l’étude commence
ask-estimate-no = Je refuse : rien n’est débité
ask-estimate-done = Estimation acceptée
ask-estimate-next = L’étude commence.
ask-passage = Le changement peut-il continuer ?
ask-passage-yes = Oui, il peut continuer
ask-passage-no = Non : ce qui a commencé est défait
ask-passage-done = Passage accordé
ask-passage-next = Le changement continue.
ask-validation = Validez-vous la clôture de cette demande ?
ask-validation-yes = Je valide : la demande peut être clôturée
ask-validation-no = Je ne valide pas : quelque chose ne va pas
ask-validation-done = Validée et clôturée
ask-validation-next = Les tokens sont débités et la demande est clôturée.
agreement-agreement = accord sur le plan
agreement-operations = approbation du plan par l’exploitation
agreement-offer = acceptation du prix
agreement-estimate = acceptation de l’estimation
agreement-passage = passage
agreement-validation = validation et clôture
agreement-approved = accordé
agreement-refused = refusé
agreement-awaited = attendu
agreement-expired = sans réponse à temps
agreement-void = caduc, redemandé
fact-request = Demande
fact-by = Demandée par
fact-cluster = Cluster
fact-need = Besoin
fact-why = Pourquoi
fact-days = Durée et délai
fact-days-value = { $effort ->
    [one] { $effort } jour ouvré
   *[other] { $effort } jours ouvrés
  } de travail, remise sous { $lead ->
    [one] { $lead } jour ouvré
   *[other] { $lead } jours ouvrés
  }
fact-covers = Le prix couvre
fact-effect = Effet sur le service
fact-result = Résultat
fact-proofs = { $good } contrôles réussis sur { $all } auprès des systèmes.
fact-price = Prix
fact-when = Quand
fact-until = Réponse attendue avant
price-on-agreement = { $tokens }, réservés ; débités à la clôture, rendus si le changement n’est pas réalisé
price-on-validation = { $tokens } : débit à votre validation
price-on-yes = { $tokens } : réservation à votre acceptation
price-tranche = { $tokens } par tranche entamée de { $per }
price-time = temps passé, sur devis
price-available = Disponibles
start-asap = dès que possible après l’accord, dans les fenêtres du contrat
start-at = pas avant { $when }

# Commander.
line-not-on-shared = Non commandable sur Caascad Shared (§ 1.13)
line-not-subscribed = Le service n’est pas souscrit à votre contrat (§ 2.2, § 3.2)
item-lead = Durée habituelle
item-minutes = { $n ->
    [one] { $n } minute, sans engagement
   *[other] { $n } minutes, sans engagement
  }
item-no-lead-time = non fixée par le contrat
item-back = Retour arrière
item-reversible = Tout peut être défait.
item-irreversible = Une partie est irréversible : le plan dit laquelle, avant votre accord.
field-choose = Choisissez…
field-bounds = De { $min } à { $max }.
field-only-when = Seulement si « { $label } » vaut « { $value } ».
yes = oui
no = non
speed = Délai
speed-normal-price = Normal — { $price }
speed-accelerated-price = Accéléré — { $price } (prix doublé)
speed-left = { $taken } utilisés sur { $of } cette année de contrat, { $left } restants
speed-spent = { $of } utilisés sur { $of } ; le prochain est possible à partir du { $when }
order-start = Pas avant
order-start-hint = Vide : dès que possible. Heure de Paris.
order-why = Pourquoi
order-iaas = Je sais que la consommation IaaS entraînée est à ma charge (§ 1.12)
order-iaas-unread = Confirmez que vous connaissez les coûts IaaS
order-iaas-reminder = La consommation IaaS entraînée est à votre charge ; les tokens ne la couvrent pas (§ 1.12).
check-on-quote = sur devis : il vous est proposé avant toute réalisation
check-price = Réservés maintenant, débités à la clôture, rendus si le changement n’est pas réalisé.
check-slot = ce sera le numéro { $n } sur { $of } de l’année de contrat
check-who = Qui devra donner son accord
check-rights = Vos droits
check-rights-text = vous pouvez annuler sans frais jusqu’au début du changement
tickets-all = Tous
tickets-open = En cours

# Études, en détail.
study-title = Titre court
study-need-label = Votre besoin
study-need-hint = Ce que vous voulez obtenir, sur quoi, pour quand. Pas de secret.
study-slot = Créneau
study-slot-1 = Premier créneau
study-slot-2 = Deuxième créneau
study-slot-3 = Troisième créneau
study-minutes-label = Le besoin tel que compris
study-attendees = Qui a participé
study-attendees-hint = Noms séparés par des virgules.
study-estimate = Estimation en tokens
study-effort = Jours ouvrés de travail
study-lead = Jours ouvrés jusqu’à la remise
study-due = Bon à savoir
study-line = Ligne du catalogue
study-answers = Réponses à son formulaire
study-answers-hint = Un « nom=valeur » par ligne ; le même nom ajoute une ligne.
study-feasible = Faisable
study-infeasible = Pas faisable
study-conclusion = Conclusion
study-justification = Raisons
study-items = Changements auxquels elle mène
study-items-hint = Un « titre = tokens » par ligne.

# Contrat, en détail.
contract-client = Client
contract-offer = Offre
contract-dates = Dates
contract-clusters = Clusters
offer-dedicated = Caascad dédié
offer-shared = Caascad Shared
lot-of = Attribué le { $when }
move-granted = Attribution de { $n }
move-held-for = Réservation de { $n }
move-charged = Débit de { $n } à la clôture
move-returned = Réservation de { $n } rendue
move-expired = Expiration de { $n }
move-other = Mouvement de { $n }

# Connexion, en détail.
sign-in-login = Identifiant
sign-in-password = Mot de passe
sign-in-wrong = L’identifiant ou le mot de passe est faux

# Événements.
audit-all = Tous
audit-from = Du
audit-until = Au
kind-ticket = Demandes
kind-gate = Décisions
kind-plan = Plans
kind-task = Étapes
kind-effect = Effets sur les systèmes
kind-study = Études
kind-tokens = Tokens
kind-contract = Contrats
kind-clock = Horloge
event-ticket-ordered = a commandé le changement
event-ticket-offered = a proposé un changement au client
event-ticket-quoted = a donné un prix
event-ticket-cancelled = a annulé la demande
event-ticket-suspended = a suspendu la demande
event-ticket-resumed = a laissé reprendre la demande
event-ticket-given-up = a abandonné ; ce qui avait commencé est défait
event-ticket-redelivered = a livré de nouveau après reprise
event-gate-decided = a donné son accord
event-gate-validated = a validé et clôturé
event-gate-refused = a refusé
event-gate-reminded = a redemandé une réponse
event-plan-ready = a calculé le plan
event-plan-moved = a constaté que le plan a changé
event-task-claimed = a pris une étape
event-task-to-retry = va réessayer
event-task-failed = a échoué sur une étape
event-task-done-by-hand = a enregistré une étape réalisée à la main
event-task-retried = a demandé un nouvel essai
event-task-skipped = a passé une étape avec preuve
event-task-taken-over = a repris une étape à la main
event-effect-intended = va agir
event-effect-proved = a agi, et le système le prouve
event-effect-in-doubt = ne sait pas si l’effet a eu lieu
event-effect-undone = a défait un effet
event-effect-undo-failed = n’a pas pu défaire un effet
event-study-opened = a demandé une étude
event-study-call-proposed = a proposé des créneaux
event-study-call-chosen = a choisi un créneau
event-study-call-held = a enregistré le point téléphonique
event-study-reclassified = a reclassé la demande au catalogue
event-study-estimated = a estimé l’étude
event-study-concluded = a conclu l’étude
event-tokens-granted = a attribué des tokens
event-tokens-expired = a laissé expirer des tokens
event-quota-renewed = a rendu libres les six changements accélérés de l’année
event-gate-expired = a constaté qu’une réponse n’est pas venue à temps
event-ticket-closed-by-silence = a clos la demande, le client n’ayant rien dit dans le délai du contrat
event-contract-signed = a enregistré le contrat
event-clock-due = a examiné les échéances
