# E-mails
