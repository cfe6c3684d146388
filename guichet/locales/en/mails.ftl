# E-mails.
# Subjects: the reference comes before, the title is the short title of the ticket.
mail-subject-question = Reply needed: { $title }
mail-subject-quote = Quote to approve: { $title } — { $tokens }
mail-subject-approval = Approval needed: { $title }
mail-subject-approval-by = Approval needed: { $title } — by { $by }
mail-subject-plan-changed = Plan changed, approve again: { $title }
mail-subject-validation = To validate and close: { $title }
mail-subject-failed = Not completed: { $title } — nothing to do
mail-subject-call = Study, call: { $title }
mail-subject-estimate = Study, estimate to approve: { $title }
mail-subject-conclusion = Study, conclusion: { $title }

# What all letters share.
mail-from = Guichet — { $provider }
mail-greeting = Hello { $name },
mail-greeting-plain = Hello,
mail-silence = If you do nothing: { $what }.
mail-help-ticket = Question? Reply to this message: your reply is added to the request. Phone: { $phone }, e-mail: { $mail }.
mail-help-support = Question? Reply to this message: your reply goes to the support centre. Phone: { $phone }, e-mail: { $mail }.
mail-signature = Support centre, { $provider } · { $reference } · times are those of Paris
mail-signature-personal = Support centre, { $provider } · { $reference } · times are those of Paris · personal link, do not forward it
mail-code = Code to copy onto the page: { $code }
mail-link = Address of the page
mail-open = Open the request
mail-answer = Answer the question
mail-decide = Review, then decide
mail-validate = Check, then decide

# Labels of facts.
mail-request = Request
mail-requester = Requested by
mail-cluster = Cluster
mail-price = Price
mail-price-held = Price (tokens held, not charged)
mail-price-most = Price of the study, at most
mail-to-charge = To be charged on validation
mail-charged = Charged
mail-returned = Tokens returned
mail-balance = Balance
mail-balance-after = Balance afterwards
mail-accelerated = Accelerated changes used
mail-record = Journal record
mail-decider = Approval asked of
mail-decided-by = Decision by
mail-decide-by = To be decided by
mail-comment = Comment
mail-question = Question
mail-covers = What the price covers
mail-until = Valid until
mail-effect = Effect
mail-impact = Impact
mail-restarts = Restarts
mail-irreversible = Lost for good
mail-warnings = Read before deciding
mail-notes = Please note
mail-undo = Reversible
mail-when = When
mail-plan = Fingerprint of the plan
mail-done = Done on
mail-result = Result
mail-remains = Left for you to do
mail-step = Task that failed
mail-cause = Cause
mail-rollback = Rollback
mail-reason = Reason
mail-clause = Clause of the contract
mail-remedy = What you can do
mail-place = Where
mail-attendees = Attendees
mail-duration = Length of the study
mail-lead-time = Lead time
mail-changes = Changes proposed

# Values of facts.
mail-more = { $n ->
    [one] … and { $n } more, on the page
   *[other] … and { $n } more, on the page
  }
mail-nothing = nothing
mail-secret = value hidden, fingerprint { $print }
mail-effect-none = already in place, nothing changes
mail-effect-create = { $path }: { $after } added
mail-effect-update = { $path }: { $before } → { $after }
mail-effect-delete = { $path }: removed (was { $before })
mail-effect-run = { $path }: run
mail-undo-minutes = yes, automatically, in about { $n } min
mail-undo-alone = yes, automatically
mail-undo-hand = yes, by an operator
mail-undo-no = no
mail-price-accelerated = { $total } ({ $base } + { $surcharge } for acceleration)
mail-price-slot = { $total } ({ $base } + { $surcharge } for acceleration; accelerated change { $slot } of { $of })
mail-price-later = given after triage, before anything is done
mail-n-of = { $n } of { $of }
mail-when-agreed = as soon as you approve
mail-window = from { $from } to { $to }
mail-window-day = { $day }, { $from } to { $to }
mail-window-open = { $day }, from { $from }

# N1 submitted.
mail-submitted-lead = Your request is in; next: { $next }.
mail-submitted-lead-by = Your request is in; next: { $next }, by { $by }.

# N2 question.
mail-question-lead = { $who } needs a detail to go on.
mail-question-silence = the clock of your request stays stopped

# N3 quote.
mail-quote-lead = We quote { $tokens } for this request.
mail-quote-silence = the quote expires on { $until } and nothing is charged

# N4 approval, N5 plan changed.
mail-approval-lead = Approve or decline by { $by }.
mail-approval-lead-open = Approve or decline the plan below.
mail-approval-silence = nothing is run
mail-approval-silence-window = nothing is run and the window is lost
mail-approval-bound = Your approval holds for this plan only: if the plan changes, we ask you again.
mail-plan-changed-lead = Your approval of { $at } no longer holds: the plan has changed since.

# N6 reminder.
mail-reminder = Reminder { $nth } of { $of }: your decision is awaited.
mail-reminder-left = Reminder { $nth } of { $of }: you have { $left } left to decide.
mail-reminder-manager = Reminder { $nth } of { $of }: { $who } has not answered yet.

# N7 receipt.
mail-receipt-own-agreed = You approved on { $at }.
mail-receipt-own-declined = You declined on { $at }.
mail-receipt-own-validated = You validated and closed the request on { $at }.
mail-receipt-own-contested = You did not validate the request on { $at }; our operators take it up again.
mail-receipt-agreed = { $who } approved on { $at }.
mail-receipt-declined = { $who } declined on { $at }.
mail-receipt-validated = { $who } validated and closed the request on { $at }.
mail-receipt-contested = { $who } did not validate the request on { $at }; our operators take it up again.
mail-receipt-not-you = Not you? Say so on the page of the request or call the support centre.
mail-receipt-wrong = Does this decision surprise you? Say so on the page of the request or call the support centre.

# N8 scheduled, starting.
mail-scheduled-lead = Work planned: { $window }.
mail-starting-lead = Work begins: { $window }.

# N9 to validate and close.
mail-validation-lead = Done: { $result }. Please check and close by { $by }.
mail-validation-lead-plain = Done. Please check and close by { $by }.
mail-validation-silence = we remind you; your silence is not taken as validation
mail-validation-silence-tacit = the request is closed on { $on }, as your contract provides; to contest it afterwards, reply to this message
mail-validation-scope = Our checks cover the platform, never how your applications work.

# N10 failed.
mail-failed-lead-undone = Task { $step } failed; it was rolled back. No token charged.
mail-failed-lead-nothing = Task { $step } failed before anything was changed. No token charged.
mail-failed-lead-missing = Task { $step } failed; it was not rolled back. No token charged.
mail-failed-silence = the support centre takes the request up and keeps you informed
mail-undone = done and verified
mail-undone-nothing = not needed, nothing had been changed
mail-undone-missing = not done, an operator is on it

# N11 closed.
mail-closed-lead = Closed. Charged: { $charged }; balance: { $balance }; accelerated: { $accelerated }.
mail-closed-lead-tacit = Closed without an answer from you, as your contract provides. Charged: { $charged }; balance: { $balance }; accelerated: { $accelerated }.

# N12 refused, cancelled, expired.
mail-refused-lead = Your request is refused.
mail-refused-by-lead = Your request is refused by { $who }.
mail-cancelled-lead = Your request is cancelled.
mail-cancelled-by-lead = Your request is cancelled by { $who }.
mail-expired-lead = Your request has expired: nobody decided in time.

# N13 study.
mail-call-lead = Telephone call: { $window }. The invitation is attached.
mail-call-lead-moved = Telephone call moved: { $window }. The new invitation is attached.
mail-call-free = This call is free; it serves to understand your need well.
mail-estimate-lead = We estimate this study at { $tokens }; it begins only once you approve.
mail-estimate-silence = the estimate expires on { $until }, no study takes place and nothing is charged
mail-estimate-due = The study carries no guarantee of result: it is due even if it finds that the change cannot be done.
mail-feasible-lead = The study finds that your need can be met, by the changes below.
mail-reclassified-lead = Your need is in the catalogue: it becomes the changes below, without a study.
mail-infeasible-lead = The study finds that your need cannot be met.
