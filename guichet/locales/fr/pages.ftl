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
tickets-due = Échéance
tickets-tokens = Tokens
ticket-slot = Accéléré, { $n } sur { $of }
ticket-due = Échéance :
ticket-fresh = Votre demande { $reference } est déposée.
ticket-fresh-next = Le plan est en cours de calcul sur les systèmes réels. Vous recevrez un courriel dès que quelqu’un devra décider ; cette page montre toujours où en est la demande.
ticket-changes = Ce qui va changer
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
plan-hidden = { $n ->
    [one] { $n } ligne n’est pas montrée ici.
   *[other] { $n } lignes ne sont pas montrées ici.
  }
plan-digest = Empreinte du plan

# Décisions et liens.
decide-plan = Ce qui va changer, en détail
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
trouble-broken = Une erreur s’est produite de notre côté
trouble-broken-help = Rien de ce que vous avez saisi n’est perdu ni fait deux fois : réessayez dans un instant, ou prévenez le centre de support.
trouble-as = Vous êtes connecté en tant que { $who }.
trouble-request = Numéro à rappeler :
trouble-home = Revenir à l’accueil
