# Mots communs aux pages et aux courriels.
tokens = { $n ->
    [one] { $n } token
   *[other] { $n } tokens
  }

class-simple = Simple
class-complex = Complexe
class-quote = Sur devis
class-study = Étude
speed-normal = Normal
speed-accelerated = Accéléré

mark-queued = Pas commencée
mark-waiting-person = Attend { $who }
mark-waiting-window = Attend la fenêtre du { $when }
mark-running = En cours depuis { $span }
mark-done = Terminée
mark-failed = En échec : { $cause }
mark-rolled-back = Retour arrière fait
mark-skipped = Sans objet
mark-unknown = Résultat à vérifier

step-received = Reçue
step-qualified = Qualifiée
step-planned = Plan prêt
step-agreed = Accord du client
step-executed = Exécution
step-closed = Validation et clôture

party-client = client
party-operations = exploitation
party-second-operator = second opérateur
party-support = centre de support
party-manager = Gestionnaire de Services Managés

impact-none = sans interruption
impact-reload = rechargement de configuration, sans redémarrage
impact-rolling-restart = redémarrage progressif d’outils de la plateforme
impact-eviction = déplacement de vos pods
impact-outage = interruption
impact-data-loss = perte définitive de données
