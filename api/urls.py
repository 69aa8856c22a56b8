"""Every route on one screen, grouped by noun."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from api.views.donations import DonationStatusView
from api.views.giving import GivingView, PaymentIntentView, SubscriptionIntentView
from api.views.health import live, ready
from api.views.mailbox import mailbox_detail, mailbox_html, mailbox_list, mailbox_receipt
from api.views.subscriptions import giving_stop
from api.views.webhooks import webhook

urlpatterns = [
    # giving
    path("giving/", GivingView.as_view(), name="giving"),
    path("stripe/payment-intent/", PaymentIntentView.as_view(), name="payment-intent"),
    path(
        "stripe/subscription-intent/", SubscriptionIntentView.as_view(), name="subscription-intent"
    ),
    path("donations/<str:reference>/", DonationStatusView.as_view(), name="donation-status"),
    # webhooks: one view, the brief's four addresses
    path("webhook/", webhook, name="webhook"),
    path("stripe/webhook/", webhook),
    path("stripe/subscription-webhook/", webhook),
    path("stripe/one-off-webhook/", webhook),
    # the API about itself
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]

pages = [path("stop/<str:token>/", giving_stop, name="giving-stop")]
health = [path("", live), path("live", live), path("ready", ready)]
mailbox = [
    path("", mailbox_list, name="mailbox"),
    path("<int:pk>/", mailbox_detail, name="mailbox-message"),
    path("<int:pk>/html/", mailbox_html, name="mailbox-html"),
    path("<int:pk>/receipt.pdf", mailbox_receipt, name="mailbox-receipt"),
]
