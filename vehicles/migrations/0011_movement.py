from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0010_identity_and_contact")]
    operations = []
