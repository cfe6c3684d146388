# Frame of every page.
frame-skip = Skip to content
frame-main = Main
frame-languages = Language
frame-preferences = Language and colours
frame-support = support centre, { $provider }
frame-zone = Times are those of Europe/Paris
frame-demo = DEMONSTRATION
nav-inbox = To do
nav-waiting = waiting for you
nav-tickets = Requests
nav-catalogue = Catalogue
nav-contract = Contract
nav-audit = Traceability
nav-outbox = E-mails
nav-new = New request
nav-sign-out = Sign out
theme-auto = Auto
theme-light = Light
theme-dark = Dark
list-more = See more

# Forms.
field-optional = (optional)
field-error = Error:
faults-title = There is a problem

# Inbox.
inbox-title = To do ({ $n })

# Tickets.
tickets-q = Reference or words
tickets-state = State
tickets-accelerated = Accelerated only
tickets-filter = Filter
tickets-count = { $n ->
    [one] { $n } request
   *[other] { $n } requests
  }
tickets-none = No request matches.
tickets-none-next = Choose a change in the catalogue
tickets-reference = Reference
tickets-title = Request
tickets-due = Due
tickets-tokens = Tokens
ticket-slot = Accelerated, { $n } of { $of }
ticket-due = Due
ticket-fresh = Your request { $reference } is in.
ticket-fresh-next = The plan is being computed on the real systems. You will receive an e-mail as soon as somebody must decide; this page always shows where things stand.
ticket-changes = What will change
ticket-planned = What was planned
ticket-price = Price
ticket-asked = What was asked
ticket-by = Requested by { $who },
ticket-contract = contract
ticket-tasks = Tasks
ticket-progress = { $n } of { $all } done
ticket-graph-text = diagram as text
ticket-kin = Related requests
ticket-agreements = Agreements
ticket-no-agreement = Nobody has been asked yet.
ticket-tokens = Tokens
ticket-no-move = No token has moved.
ticket-feed = What happened
turn-you = It is your turn
turn-other = It is the turn of: { $who }
turn-guichet = Guichet is at work
turn-nobody = Nothing left to do
failure-title = The task “{ $task }” failed
failure-duty = What you have to do:
task-detail = Log and proofs
task-proof = expected { $expected }, found { $actual }
agreement-asked = Asked
agreement-answered = answered
progress-done = done
progress-current = under way
progress-stopped = stopped here
progress-ahead = to come
progress-none = not needed

# Price and movements of tokens.
price-base = Change
price-surcharge = Accelerated (price doubled)
price-total = In all
price-held = Held now, charged at closure, returned if the change is not carried out.
price-captured = Charged.
price-released = Returned: this change costs nothing.
price-none = Nothing is held yet.
move-date = Date
move-reference = Request
move-label = Movement
move-amount = Tokens
move-held = Held
move-available = Available

# Plan.
plan-none = The plan is not computed yet.
plan-empty = Everything is already as asked: nothing will be written, and the result will still be checked.
plan-counts = { $updates ->
    [one] { $updates } modification
   *[other] { $updates } modifications
  }, { $creates ->
    [one] { $creates } creation
   *[other] { $creates } creations
  }, { $deletes ->
    [one] { $deletes } deletion
   *[other] { $deletes } deletions
  }, { $runs ->
    [one] { $runs } command
   *[other] { $runs } commands
  }
plan-impact = Effect on service:
plan-irreversible = Cannot be undone:
plan-create = create
plan-update = modify
plan-delete = delete
plan-run = run
plan-masked = hidden value, digest { $digest }
plan-masked-whole = hidden value
plan-hidden = { $n ->
    [one] { $n } line is not shown here.
   *[other] { $n } lines are not shown here.
  }
plan-digest = Plan digest

# Decisions and links.
decide-plan = What will change, in detail
decide-comment = Comment
decide-send = Send my decision
decide-nothing-yet = Nothing is recorded before you send. You will receive a receipt by e-mail.
stale-title = The plan has changed since you read it
stale-help = Your decision was not recorded: it was about an older plan. Read the new one, then decide.
stale-read = Plan you had read:
stale-now = The plan now
stale-again = Decide on this plan
stale-ticket = Back to the request
link-title = Decision requested
link-for = This link is personal: it is for { $who }. Do not forward it.
receipt-title = Your decision
receipt-done = Your decision is recorded
receipt-already = This decision is already recorded
receipt-request = Request
receipt-who = Decided by
receipt-when = On
receipt-next = What happens now
receipt-mail = A receipt was sent by e-mail to the person who decided and to the requester. If this was not you, reply to that e-mail.
gone-title = This link opens nothing any more
gone-help = It may have expired or been replaced by a newer one. No decision was recorded by opening it.
gone-renew = Receive a new link
gone-where = The new link goes only to the registered address.
renewed-title = Request taken into account
renewed-help = If a decision is still expected, a new link is on its way to the registered address.

# Catalogue and orders.
catalogue-q = What do you want to change?
catalogue-simple = Simple changes only
catalogue-search = Search
catalogue-found = { $n ->
    [one] { $n } line found
   *[other] { $n } lines found
  }
catalogue-by-hand = done by an operator
catalogue-missing = Nothing fits?
catalogue-study = Make an off-catalogue request
item-tasks = What we will do
item-terms = Price and conditions
item-order = Order this change
order-continue = Continue: check the order
check-title = Check your request before sending it
check-terms = Price and conditions
check-submit = Send the request
check-edit = Modify
check-nothing-yet = The request is not sent until you press the button.

# Studies.
study-new-title = Off-catalogue request
study-new-help = Describe your need. We will call you for half an hour, then offer you a change of the catalogue or a study with its estimate in tokens.
study-new-submit = Send the request
study-new-price = Nothing is charged at this point. A study can never be accelerated.
study-fresh-next = The support centre will propose slots for a half-hour call.
study-need = The need
study-call = Half-hour call
study-minutes = Minutes
study-outcome = Outcome

# Contract.
contract-title = Contract { $code }
contract-balance = Tokens
contract-available = available
contract-held = held
contract-spent = charged
contract-granted = granted
contract-formula = Available = granted − charged − held: { $available } = { $granted } − { $spent } − { $held }
contract-slots = Accelerated changes
contract-slots-used = { $used } used, { $reserved } reserved, { $free } left of { $of }.
contract-slots-from = Contract year from
contract-slots-until = to
contract-statement = Statement
contract-period = Period
contract-show = Show
contract-opening = Balance carried over:
contract-closing = Balance at the end:
contract-no-move = No movement in this period.
contract-alarm = The movements do not lead to the balance shown. Please tell the support centre.
lot-label = Lot
lot-granted = Granted
lot-left = Left
lot-expires = Expires
lot-never = never
slot-used = used
slot-reserved = reserved
slot-free = free

# Traceability.
audit-search = Search
audit-count = { $n ->
    [one] { $n } record
   *[other] { $n } records
  }
audit-none = No record matches these criteria.
audit-seq = No.
audit-at = When
audit-who = Who
audit-what = What
audit-hash = Digest

# Demonstration: e-mails and persons.
outbox-count = { $n ->
    [one] { $n } e-mail.
   *[other] { $n } e-mails.
  }
outbox-help = In the demonstration, e-mails stay here instead of leaving.
outbox-none = No e-mail yet: order a change first.
outbox-subject = Subject
outbox-to = To
outbox-at = When
mail-open-link = Open the link of this e-mail
mail-html = See the HTML version
mail-headers = Headers
personas-title = Who do you want to be?
personas-help = This demonstration needs no password. Choose a person, look around, then come back as another.
personas-enter = Continue as { $name }
personas-tour = Try this

# Signing in, and trouble.
sign-in-title = Sign in
sign-in-submit = Sign in
sign-in-link = To agree or validate, the link in your e-mail is enough: no account is needed.
trouble-not-found = Not found, or not accessible with your account
trouble-not-found-help = Check the address, or sign in as somebody who may see it.
trouble-forbidden = Request refused
trouble-forbidden-help = This form does not come from this site, or your session has ended. Go back, reload the page and try again. Nothing was recorded.
trouble-refused = This cannot be done
trouble-refused-help = Go back and correct what is wrong. Nothing was recorded.
trouble-broken = Something went wrong on our side
trouble-broken-help = Nothing you entered was lost or done twice: try again in a moment, or tell the support centre.
trouble-as = You are signed in as { $who }.
trouble-request = Number to quote:
trouble-home = Back to the start page
